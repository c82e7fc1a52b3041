"""Statements that are always the same, sent as they are written.

Django puts a query together anew each time that it runs one, and that takes several times as long as to send it and to
read the answer. Where a statement stands on the way of every purchase it is therefore written out, beside the service
or selector that sends it; everywhere else the ORM reads better.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, TypeVar

from django.db import connection
from django.db.models import Field, Model
from django.db.models.expressions import DatabaseDefault

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


def insert(*objects: Model) -> None:
    """Save a few new objects of one model by one statement, and set what the database fills in: keys and defaults.

    What `save` and `bulk_create` do, with the statement remembered. No signal is sent. Either all objects leave a
    column to the database or none does.
    """
    model, left = type(objects[0]), _left_to_the_database(objects[0])
    if any(_left_to_the_database(one) != left for one in objects):
        raise ValueError(f"these rows of {model.__name__} leave different columns to the database")
    given = [field for field in model._meta.concrete_fields if field.attname not in left]
    values = [field.get_db_prep_save(getattr(one, field.attname), connection) for one in objects for field in given]
    for one, filled in zip(objects, fetch_all(_insertion(model, left, len(objects)), *values), strict=True):
        for name, value in zip(left, filled, strict=True):
            setattr(one, name, value)
        _mark_saved(one)


def _mark_saved(one: Model) -> None:
    one._state.adding, one._state.db = False, connection.alias


def _left_to_the_database(one: Model) -> tuple[str, ...]:
    values = one.__dict__
    return tuple(
        field.attname
        for field in one._meta.concrete_fields
        if isinstance(values[field.attname], DatabaseDefault) or (field.primary_key and values[field.attname] is None)
    )


@lru_cache(maxsize=1000)
def _insertion(model: type[Model], left: tuple[str, ...], count: int) -> str:
    fields: Sequence[Field[Any, Any]] = model._meta.concrete_fields
    given = [_quoted(field) for field in fields if field.attname not in left]
    filled = [_quoted(field) for field in fields if field.attname in left]
    row = f"({', '.join(['%s'] * len(given))})"
    table = connection.ops.quote_name(model._meta.db_table)
    rows = ", ".join([row] * count)
    return f"INSERT INTO {table} ({', '.join(given)}) VALUES {rows} RETURNING {', '.join(filled)}"  # noqa: S608


def _quoted(field: Field[Any, Any]) -> str:
    return connection.ops.quote_name(field.column or "")
