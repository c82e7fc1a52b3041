"""Statements that are always the same, sent as they are written.

Django puts a query together anew each time that it runs one, and that takes several times as long as to send it and to
read the answer. Where a statement stands on the way of every purchase it is therefore written out, beside the service
or selector that sends it; everywhere else the ORM reads better.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple, TypeVar

import orjson
from django.db import DEFAULT_DB_ALIAS, connection, connections
from django.db.models import Field, Model
from django.db.models.expressions import DatabaseDefault
from psycopg.types.json import Json

Row = tuple[Any, ...]
M = TypeVar("M", bound=Model)


def fetch_all(statement: str, *values: Any) -> list[Row]:
    """Every row that the statement gives back."""
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        rows: list[Row] = cursor.fetchall()
        return rows


def fetch_one(statement: str, *values: Any) -> Row | None:
    """The first row that the statement gives back, if there is one."""
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        row: Row | None = cursor.fetchone()
        return row


def fetch_objects(model: type[M], statement: str, *values: Any) -> list[M]:
    """Every row as an object of the model, whose columns the statement names: `Model.objects.raw`, at less cost.

    For models without JSON, which would stay text.
    """
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        names = [column.name for column in cursor.description]
        objects = [model(**dict(zip(names, row, strict=True))) for row in cursor.fetchall()]
    for one in objects:
        _mark_saved(one)
    return objects


def execute(statement: str, *values: Any) -> int:
    """Returns how many rows the statement wrote."""
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        count: int = cursor.rowcount
        return count


def put_rows(
    model: type[Model], rows: Sequence[Mapping[str, Any]], *, unique: Sequence[str] = (), only_new: Sequence[str] = ()
) -> None:
    """Make the table have these rows, by column: new ones, or where one is known by the `unique` columns, written over.

    All go in one value of one statement, as JSON, and what is written is read as the columns' types are: that costs a
    fraction of a value for each column of each row. What is not named the database fills in. Of a row that is there
    already the columns `only_new` stay, and so does what is not named, but for `updated_at`.
    """
    if rows:
        execute(_putting(model, tuple(rows[0]), tuple(unique), tuple(only_new)), Json(rows, dumps=_dumps))


def new_keys(model: type[Model], many: int) -> list[int]:
    """So many keys that no row will ever have but those that the caller makes."""
    table, key = model._meta.db_table, model._meta.pk.column
    return [pk for (pk,) in fetch_all(_NEW_KEYS, table, key, many)]


_NEW_KEYS = "SELECT nextval(pg_get_serial_sequence(%s, %s)) FROM generate_series(1, %s)"


def _dumps(rows: Any) -> bytes:
    return orjson.dumps(rows, default=str)


@lru_cache(maxsize=100)
def _putting(model: type[Model], columns: tuple[str, ...], unique: tuple[str, ...], only_new: tuple[str, ...]) -> str:
    quote = connection.ops.quote_name
    table, names = quote(model._meta.db_table), ", ".join(map(quote, columns))
    given = f"SELECT {names} FROM json_populate_recordset(NULL::{table}, %s)"  # noqa: S608  nothing but names
    insertion = f"INSERT INTO {table} ({names}) {given}"
    if not unique:
        return insertion
    new = [f"{quote(name)} = excluded.{quote(name)}" for name in columns if name not in {*unique, *only_new}]
    if any(field.column == "updated_at" for field in model._meta.concrete_fields):
        new.append("updated_at = statement_timestamp()")
    return f"{insertion} ON CONFLICT ({', '.join(map(quote, unique))}) DO UPDATE SET {', '.join(new)}"


def insert(one: Model, *children: Sequence[Model]) -> None:
    """Save a new object and, by the same statement, lists of new rows that point at it: an order with its lines.

    It then has what the database fills in, its key and defaults. Of the children nothing is read back; they know its
    key, and not their own. The rows of a list leave the same columns to the database. No signal is sent.
    """
    lists = [[one], *filter(None, children)]
    parts = [_part_of(rows, type(one)) for rows in lists]
    database = connections[DEFAULT_DB_ALIAS]
    values = [
        field.get_db_prep_save(getattr(row, field.attname), database)
        for part, rows in zip(parts, lists, strict=True)
        for row in rows
        for field in _given(part)
    ]
    [filled] = fetch_all(_insertion(*parts), *values)
    for name, value in zip(parts[0].left, filled, strict=True):
        setattr(one, name, value)
    for part, rows in zip(parts, lists, strict=True):
        for row in rows:
            _mark_saved(row)
            if part.link:
                setattr(row, part.link, one.pk)


class _Part(NamedTuple):
    """So many rows of a model, what they leave to the database, and what points at their parent, if they have one."""

    model: type[Model]
    many: int
    left: tuple[str, ...]
    link: str


def _part_of(rows: Sequence[Model], parent: type[Model]) -> _Part:
    model, left = type(rows[0]), _left_to_the_database(rows[0])
    if any(_left_to_the_database(row) != left for row in rows[1:]):
        raise ValueError(f"these rows of {model.__name__} leave different columns to the database")
    links = [field.attname for field in model._meta.concrete_fields if field.related_model is parent]
    return _Part(model, len(rows), left, "" if model is parent else links[0])


def _left_to_the_database(row: Model) -> tuple[str, ...]:
    values = row.__dict__
    return tuple(
        field.attname
        for field in row._meta.concrete_fields
        if isinstance(values[field.attname], DatabaseDefault) or (field.primary_key and values[field.attname] is None)
    )


@lru_cache(maxsize=1000)
def _given(part: _Part) -> list[Field[Any, Any]]:
    return [field for field in part.model._meta.concrete_fields if field.attname not in {*part.left, part.link}]


@lru_cache(maxsize=1000)
def _insertion(parent: _Part, *children: _Part) -> str:
    filled = [_quoted(field) for field in parent.model._meta.concrete_fields if field.attname in parent.left]
    first = f"{_insert_into(parent)} RETURNING {', '.join(filled)}"
    if not children:
        return first
    key = f"(SELECT {_quoted(parent.model._meta.pk)} FROM parent)"  # noqa: S608
    rest = [f"children_{number} AS ({_insert_into(part, key)})" for number, part in enumerate(children)]
    return f"WITH parent AS ({first}), {', '.join(rest)} SELECT * FROM parent"  # noqa: S608


def _insert_into(part: _Part, key: str = "") -> str:
    columns = [_quoted(field) for field in _given(part)]
    values = ["%s"] * len(columns)
    if part.link:
        columns.append(_quoted(part.model._meta.get_field(part.link)))
        values.append(key)
    table = connection.ops.quote_name(part.model._meta.db_table)
    rows = ", ".join([f"({', '.join(values)})"] * part.many)
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES {rows}"  # noqa: S608  nothing but names


def _quoted(field: Any) -> str:
    return connection.ops.quote_name(field.column)


def _mark_saved(row: Model) -> None:
    row._state.adding, row._state.db = False, DEFAULT_DB_ALIAS
