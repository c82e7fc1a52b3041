"""A shop that writes letters about its orders, and a post office that takes them: any of them may die at any moment."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any

from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend
from django.db import connection, transaction

from apps.notifications.models import Message
from apps.notifications.services import queueing
from apps.outbox import services as outbox
from apps.outbox.events import DomainEvent, handles
from apps.outbox.models import Delivery

PATIENCE_ROUNDS = 300
_numbers = count(1)  # no history has those of another


class Killed(BaseException):
    """Stands for SIGKILL: nothing that runs after it gets a chance to write."""


@dataclass(frozen=True, kw_only=True)
class OrderChanged(DomainEvent):
    order: str
    number: int

    def aggregate(self) -> str:
        return self.order


@handles(OrderChanged)
def write_letter(event: OrderChanged) -> None:
    number, to = str(event.number), f"{event.order}@example.test"
    words = {"template": "letter", "language": "en", "subject": number, "text": number, "html": number}
    queueing.insert_once(Message(recipient=to, order_number=event.order, dedupe_key=f"letter-{number}", **words))


class PostOffice(BaseEmailBackend):
    """Takes a letter, unless `mood` says what happens instead: it is busy, or somebody dies when it has been taken."""

    taken: list[int] = []
    mood = "well"

    def send_messages(self, messages: Sequence[EmailMessage]) -> int:
        mood, PostOffice.mood = self.mood, "well"
        if mood == "busy":
            raise ConnectionRefusedError
        self.taken.extend(int(message.subject) for message in messages)
        if mood == "answer lost":
            raise ConnectionResetError
        if mood == "sender killed":
            raise Killed
        return len(messages)


class Post:
    """The shop, its relays, and what they must have done in the end."""

    def __init__(self) -> None:
        self.promised: dict[str, list[int]] = defaultdict(list)  # by order, what was told of it, oldest first
        self.excused: Counter[int] = Counter()  # how often each letter may have come once more
        self.held: list[Any] = []
        PostOffice.taken, PostOffice.mood = [], "well"
        Delivery.objects.all().delete()  # what a history that failed has left

    def change(self, order: str, times: int, *, is_kept: bool) -> None:
        numbers = [next(_numbers) for _ in range(times)]
        with transaction.atomic():
            for number in numbers:
                outbox.publish(OrderChanged(order=order, number=number))
            transaction.set_rollback(not is_kept)
        if is_kept:
            self.promised[order] += numbers

    def relay(self, mood: str, dies_at: int) -> None:
        """One more relay takes one delivery; it may be killed at a statement, counted from 1."""
        PostOffice.mood = mood
        self._survive(lambda: self._deliver(outbox._claim()), dies_at)
        PostOffice.mood = "well"

    def hold(self) -> None:
        """One takes a delivery and dawdles, while others go on."""
        if lease := outbox._claim():
            self.held.append(lease)

    def go_on(self) -> None:
        """Those that dawdled do their work, within their lease."""
        while self.held:
            self._survive(lambda: self._deliver(self.held.pop(0)), dies_at=0)

    def wait(self) -> None:
        """Until every lease and pause is over; who dawdles so long is killed, as the task's time limit does."""
        self.held.clear()
        Delivery.objects.filter(status="pending").update(due_at="2020-01-01T00:00:00Z")

    def come_to_rest(self) -> None:
        for _ in range(PATIENCE_ROUNDS):
            self.wait()
            if not outbox.drain():
                return
        raise AssertionError("it does not come to rest")

    def check(self) -> None:
        promised = {number for numbers in self.promised.values() for number in numbers}
        copies = Counter(PostOffice.taken)
        assert set(copies) == promised, "lost, or told of what never happened"
        assert not {number: many for number, many in copies.items() if many > 1 + self.excused[number]}, "told twice"
        for order, numbers in self.promised.items():
            heard = [number for number in PostOffice.taken if number in numbers]
            assert heard == sorted(heard), f"out of order: {order}"
        assert not Delivery.objects.exclude(status="done").exists()

    def _deliver(self, lease: Any) -> None:
        if lease:
            outbox._deliver(lease)

    def _survive(self, work: Callable[[], None], dies_at: int) -> None:
        """What was taken while somebody died, or while the answer was lost, may come once more."""
        before, is_lost = len(PostOffice.taken), PostOffice.mood == "answer lost"
        try:
            with connection.execute_wrapper(_Killer(dies_at)):
                work()
        except Killed:
            is_lost = True
        if is_lost:
            self.excused.update(PostOffice.taken[before:])


@dataclass
class _Killer:
    """Kills before the statement of that number; 0 spares all. Savepoints stand for BEGIN and COMMIT: not counted."""

    left: int

    def __call__(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if not sql.startswith(("SAVEPOINT", "RELEASE", "ROLLBACK")):
            self.left -= 1
            if self.left == 0:
                raise Killed
        return execute(sql, params, many, context)
