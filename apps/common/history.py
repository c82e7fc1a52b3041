"""Who changes what: tables whose every change is written down by triggers, under the name of whoever acts.

A model that is marked with `keep_history()` gets a table of events beside it (django-pghistory), to which triggers add
a row for each row that is made, changed or deleted, whoever sends the statement. Nothing there is changed or deleted.
Who acts is told to PostgreSQL before a statement that writes to such a table, and to no other, so that what shoppers
do costs nothing. pghistory's own way, a second command in front of the first, is none here: a statement whose values
the server binds is one command.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any, TypeVar
from uuid import UUID, uuid4

import pghistory
from django.apps import apps
from django.db import connection, models, transaction
from django.http import HttpRequest, HttpResponse

Facts = dict[str, Any]  # what JSON can hold: the key of a `user`, and `through` what the change came
ModelT = TypeVar("ModelT", bound=type[models.Model])

_NEVER_TOLD = ("public_id", "created_at", "updated_at")
_SAFE = {"GET", "HEAD", "OPTIONS"}
_TARGET = re.compile(r'\s*(?:INSERT INTO|UPDATE|DELETE FROM)\s+"?(\w+)', re.IGNORECASE)
_TELL = "SELECT set_config('pghistory.context_id', %s, true), set_config('pghistory.context_metadata', %s, true)"


def keep_history(*, indexed_by: str, exclude: Collection[str] = ()) -> Callable[[ModelT], ModelT]:
    """Track a model in `<Model>Event`; `indexed_by` is the column by which its events are looked up."""

    def mark(model: ModelT) -> ModelT:
        pghistory.track(
            *(pghistory.InsertEvent(), pghistory.UpdateEvent(), pghistory.DeleteEvent()),
            exclude=[*_NEVER_TOLD, *exclude],
            obj_field=pghistory.ObjForeignKey(related_name="+"),
            model_name=f"{model.__name__}Event",
            append_only=True,
            level=pghistory.Statement,
            meta={"indexes": [models.Index(fields=[indexed_by, "pgh_id"])]},
        )(model)
        return model

    return mark


@contextmanager
def acting(facts: Callable[[], Facts]) -> Iterator[None]:
    """Whatever is written meanwhile, on this thread's connection, is written down under these facts.

    They are asked for when there is something to write: only then a request may know whose it is. Of two that hold at
    a time the inner one counts.
    """
    with connection.execute_wrapper(_Teller(facts)):
        yield


class HistoryMiddleware:
    """Writes down under which account, and by which door, a request changes something."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.method in _SAFE:
            return self.get_response(request)
        with acting(lambda: _facts_of(request)):
            return self.get_response(request)


def _facts_of(request: HttpRequest) -> Facts:
    """The API's authentication leaves the person on the request as the admin's does."""
    through = "admin" if request.path_info.startswith("/admin/") else "api"
    return {"user": getattr(getattr(request, "user", None), "pk", None), "through": through}


class _Teller:
    """Says who acts until the transaction ends; a statement outside of one gets its own, or nobody would remember."""

    def __init__(self, facts: Callable[[], Facts]) -> None:
        self._facts = facts
        self._id: UUID = uuid4()

    def __call__(self, execute: Any, sql: Any, params: Any, many: bool, context: Any) -> Any:
        target = _TARGET.match(sql) if isinstance(sql, str) else None
        if target is None or target.group(1) not in _tracked_tables():
            return execute(sql, params, many, context)
        if connection.in_atomic_block:
            self._tell()
            return execute(sql, params, many, context)
        with transaction.atomic():
            self._tell()
            return execute(sql, params, many, context)

    def _tell(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute(_TELL, [str(self._id), json.dumps(self._facts())])


@cache
def _tracked_tables() -> frozenset[str]:
    tracked = (getattr(model, "pgh_tracked_model", None) for model in apps.get_models())
    return frozenset(model._meta.db_table for model in tracked if model is not None)
