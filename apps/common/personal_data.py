"""What the shop holds of a person: each app says for its own tables what it gives out, what it erases, what it keeps.

An app registers a `Holding` from its `personal_data.py`. A test walks every table, so that none can be forgotten.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db.models.fields.files import FieldFile

_REGISTERED: dict[str, Holding] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Whose data it is, as apps below the accounts may know it.

    `mailbox` is the person's address, if it was proved to be his: what strangers did under it is his too.
    `tombstone` is the address that takes its place when he is erased.
    """

    user_id: int
    email: str
    mailbox: str
    phone: str
    tombstone: str


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Why a person cannot be erased now, and what helps. `about` is an order's number or a store's name."""

    code: str
    about: str
    detail: str

    def as_json(self) -> dict[str, str]:
        return {"code": self.code, "about": self.about, "detail": self.detail}


@dataclass(frozen=True, slots=True)
class Erased:
    """How many rows were emptied or deleted, and the files that nothing names any more."""

    rows: int
    files: Collection[FieldFile] = ()

    def __add__(self, other: Erased) -> Erased:
        return Erased(self.rows + other.rows, [*self.files, *other.files])


Attached = tuple[str, FieldFile]  # a name inside the export, and the file


def _nothing(_: Person) -> Any:
    return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """One app's part. `name` is its file in an export, `about` says in a sentence what is in it.

    `export` returns what JSON can hold; `files` the pictures that go with it; `erase` runs in the one transaction that
    erases the person. `erases` and `keeps` name columns as `orders.Order.email`; what is kept says why. `withheld`
    names tables of which an export has nothing, and why. `obstacles` says what has to be finished first.
    """

    name: str
    about: str
    export: Callable[[Person], Any]
    erase: Callable[[Person], Erased]
    exports: Collection[str]
    erases: Collection[str]
    keeps: Mapping[str, str] = field(default_factory=dict)
    withheld: Mapping[str, str] = field(default_factory=dict)
    files: Callable[[Person], Iterable[Attached]] = _nothing
    obstacles: Callable[[Person], Iterable[Obstacle]] = _nothing


def register(*holdings: Holding) -> None:
    """Called from an app's `personal_data.py`; a name is used once."""
    for holding in holdings:
        if holding.name in _REGISTERED:
            raise ValueError(f"personal data {holding.name} is registered twice")
        _REGISTERED[holding.name] = holding


def registered() -> list[Holding]:
    """In the order in which the apps were loaded, which is upwards."""
    return list(_REGISTERED.values())
