"""A small event with listeners that keep what they hear, for tests of the relay."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass

from django.db import transaction

from apps.outbox import services
from apps.outbox.events import DomainEvent, handles
from apps.outbox.models import Delivery

HEARD: dict[str, list[int]] = defaultdict(list)
TROUBLE: dict[int, Callable[[], None]] = {}  # what happens to the ear while it hears that number


class Killed(BaseException):
    """Stands for SIGKILL: nothing that runs after it gets a chance to write."""


@dataclass(frozen=True, kw_only=True)
class BellRang(DomainEvent):
    number: int
    tower: str = ""

    def aggregate(self) -> str:
        return self.tower


@dataclass(frozen=True, kw_only=True)
class NobodyListens(DomainEvent):
    pass


@handles(BellRang)
def ear(event: BellRang) -> None:
    HEARD["ear"].append(event.number)
    TROUBLE.get(event.number, lambda: None)()


@handles(BellRang)
def diary(event: BellRang) -> None:
    HEARD["diary"].append(event.number)


def ring(*numbers: int, tower: str = "") -> None:
    with transaction.atomic():
        for number in numbers:
            services.publish(BellRang(number=number, tower=tower))


def refuse() -> None:
    raise ValueError("too loud")


def die() -> None:
    raise Killed


def make_due() -> None:
    """Let the time of every lease and pause be over."""
    Delivery.objects.filter(status="pending").update(due_at="2020-01-01T00:00:00Z")
