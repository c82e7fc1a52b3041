"""Whether a request can write more than it says it can.

The same request is made three times: twice as it should be, and once with everything else beside it that a careless
serializer might take. What they leave in the database must be alike. What differs between the first two (ids, moments,
secrets) is the request's own business; there the third must only not leave anything of what was planted.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeAlias

from django.apps import apps
from django.db import connection, models

Row: TypeAlias = dict[str, Any]
Tables: TypeAlias = dict[str, dict[Any, Row]]
Texts: TypeAlias = dict[str, set[str]]

# one keeps a hash of the whole request, the other is named after the minutes in which requests are counted
_OF_REQUESTS = {"common_idempotencyrecord", "common_counter"}
_PLANTED_TEXT, _PLANTED_NUMBER, _PLANTED_MOMENT = "planted", "66.66", "2001-02-03T04:05:06Z"
_PLANTED_ID = "0badc0de-0000-7000-8000-00000badc0de"
_TRACES = (_PLANTED_TEXT, _PLANTED_NUMBER, "2001-02-03", _PLANTED_ID)
_TEMPTING: dict[str, Any] = {
    **dict.fromkeys(("id", "pk", "public_id", "uuid", "cart_id", "token_hash", "reference"), _PLANTED_ID),
    **dict.fromkeys(("price", "total", "amount", "rate", "subtotal", "discount", "balance", "paid"), _PLANTED_NUMBER),
    **dict.fromkeys(("role", "role_id", "groups", "permissions", "scope", "is_admin"), "owner"),
}


@dataclass(frozen=True)
class Effect:
    """What a request answered and left behind."""

    status: int
    rows: Tables


def tempting_fields(people: Mapping[str, int]) -> dict[str, Any]:
    """A value for every field of every model of ours, and for some that we do not have; people are the stranger's."""
    fields = dict(_TEMPTING)
    for model in apps.get_models():
        if model.__module__.startswith("apps."):
            for field in model._meta.concrete_fields:
                fields |= dict.fromkeys({field.name, field.attname}, _tempting_value(field, people))
    return fields


def _tempting_value(field: models.Field[Any, Any], people: Mapping[str, int]) -> Any:
    if isinstance(field, models.BooleanField):
        return not field.default if isinstance(field.default, bool) else True
    if isinstance(field, models.ForeignKey):
        return people.get(field.related_model._meta.label, 1)
    if field.choices:
        return [value for value, _ in field.choices if value != field.default][-1]
    if isinstance(field, models.DecimalField):
        return _PLANTED_NUMBER
    if isinstance(field, models.IntegerField):
        return 66
    if isinstance(field, models.DateTimeField | models.DateField):
        return _PLANTED_MOMENT if isinstance(field, models.DateTimeField) else _PLANTED_MOMENT[:10]
    if isinstance(field, models.UUIDField):
        return _PLANTED_ID
    return f"{_PLANTED_TEXT}@example.test" if isinstance(field, models.EmailField) else _PLANTED_TEXT


def pollute(body: Mapping[str, Any], schema: Mapping[str, Any], resolve: Callable[[Any], Any], extra: Row) -> Row:
    """The body with everything in it, at every depth, that its schema does not name."""
    known = resolve(schema).get("properties", {})
    mine = {name: _pollute_value(value, known.get(name, {}), resolve, extra) for name, value in body.items()}
    return {name: value for name, value in extra.items() if name not in known} | mine


def _pollute_value(value: Any, schema: Mapping[str, Any], resolve: Callable[[Any], Any], extra: Row) -> Any:
    if isinstance(value, Mapping):
        return pollute(value, schema, resolve, extra)
    if isinstance(value, list):
        return [_pollute_value(one, resolve(schema).get("items", {}), resolve, extra) for one in value]
    return value


@cache
def _keys() -> dict[str, str]:
    """The column of the primary key, by table."""
    there = set(connection.introspection.table_names())  # pghistory has a model without one
    tables = [model._meta for model in apps.get_models(include_auto_created=True)]
    return {table.db_table: table.pk.column for table in tables if table.db_table in there}


def all_rows() -> Texts:
    """The whole database: by table, each row as JSON. Most rows never change, so nobody reads that here."""
    each = (f"SELECT '{table}', array_agg(to_json(t)::text) FROM {table} t" for table in _keys())  # noqa: S608  our own tables
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(each))
        return {table: set(rows or []) for table, rows in cursor.fetchall()}


def changed(before: Texts, after: Texts) -> Tables:
    """The rows that are new or different, those of a table in the order of their keys; a row that went is empty."""
    difference: Tables = {}
    for table in after.keys() - _OF_REQUESTS:
        was, now = (_by_key(table, rows) for rows in (before[table] - after[table], after[table] - before[table]))
        if keys := sorted(was.keys() | now.keys()):
            difference[table] = {place: now.get(key, {}) for place, key in enumerate(keys)}
    return difference


def _by_key(table: str, rows: Iterable[str]) -> dict[Any, Row]:
    return {row[_keys()[table]]: row for row in map(json.loads, rows)}


def written_beside(first: Effect, second: Effect, third: Effect) -> list[str]:
    """What the third wrote that the other two did not: "table.column", or that it ended in another way."""
    if third.status != first.status:
        return [f"the answer: {third.status} for {first.status}"]
    if _shape(third) != _shape(first):
        return [f"other rows: {_shape(third)} for {_shape(first)}"]
    found = []
    for table, rows in third.rows.items():
        for place, row in rows.items():
            for column, value in row.items():
                usual, again = (effect.rows[table][place].get(column) for effect in (first, second))
                if any(trace in str(value) for trace in _TRACES) or (value != usual and usual == again):
                    found.append(f"{table}.{column}")
    return sorted(set(found))


def _shape(effect: Effect) -> dict[str, int]:
    return {table: len(rows) for table, rows in effect.rows.items()}
