"""The end of an account: nothing says any more who it was, and the books stay whole."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.db.models import FileField
from django.db.models.fields.files import FieldFile
from django.db.models.functions import Now

from apps.accounts import selectors
from apps.accounts.events import FileDiscarded, PersonErased
from apps.accounts.exceptions import ErasureRefused
from apps.accounts.models import Erasure, User
from apps.accounts.services import remembered
from apps.common import personal_data
from apps.common.personal_data import Obstacle
from apps.common.transactions import retry_collisions
from apps.outbox import services as outbox

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ErasureReport:
    """What was taken away, by part, in rows; or what would be, or what stands in the way."""

    counts: dict[str, int]
    obstacles: list[Obstacle]

    def as_json(self) -> dict[str, Any]:
        return {"rows": self.counts, "obstacles": [obstacle.as_json() for obstacle in self.obstacles]}


@retry_collisions
def erase_person(*, user: User, actor: str, is_mailbox_proved: bool = False) -> ErasureReport:
    """Take away all that says who somebody was: one transaction, in every app. Twice is once.

    His address is free for a new account at once. The companies that know him are told by an event, after commit.
    `is_mailbox_proved` lets an operator who knows whose address it is erase a guest's orders with it.

    Raises:
        ErasureRefused: something has to be finished first; nothing was changed.
    """
    with transaction.atomic():
        report = _erase(user, actor, is_mailbox_proved)
        if report.obstacles:
            raise ErasureRefused(report.obstacles)
    log.info("person %s erased by %s", user.pk, actor)
    return report


@retry_collisions
def erase_guest(*, email: str, actor: str, dry_run: bool = False) -> ErasureReport:
    """The same for somebody without an account: what was ever bought under an address is erased with it.

    Call it only for who reads the mail of that address. Empty if nothing is known of it; a dry run changes nothing.

    Raises:
        ErasureRefused: something has to be finished first; nothing was changed.
    """
    with transaction.atomic():
        stand_in = User.objects.create_user(email, is_active=False)  # what the orders belong to from then on
        report = _erase(stand_in, actor, is_mailbox_proved=True)
        is_known = any(rows for part, rows in report.counts.items() if part != "profile")
        if dry_run or not is_known:
            transaction.set_rollback(True)
    if report.obstacles and not dry_run:
        raise ErasureRefused(report.obstacles)
    return report if report.obstacles or is_known else ErasureReport({}, [])


def try_erasure(*, user: User, is_mailbox_proved: bool = False) -> ErasureReport:
    """What `erase_person` would do, or what stands in its way; nothing is changed."""
    with transaction.atomic():
        report = _erase(user, "nobody", is_mailbox_proved)
        transaction.set_rollback(True)
    return report


def _erase(user: User, actor: str, is_mailbox_proved: bool) -> ErasureReport:
    """Under the full lock on the person's row nobody can begin an order, a cart or a session of his."""
    locked = User.objects.select_for_update().get(pk=user.pk)
    if locked.erased_at is not None:
        return ErasureReport({}, [])
    person = selectors.person_of(locked, is_mailbox_proved=is_mailbox_proved)
    obstacles = [*_of_staff(locked)]
    for holding in personal_data.registered():
        obstacles += holding.obstacles(person)
    if obstacles:
        return ErasureReport({}, obstacles)
    counts = {}
    for holding in personal_data.registered():
        erased = holding.erase(person)
        counts[holding.name] = erased.rows
        for file in erased.files:
            _discard(file)
    _bury(locked, person.tombstone)
    Erasure.objects.create(user=locked, actor=actor, counts=counts)
    outbox.publish(PersonErased(user_id=locked.pk))
    return ErasureReport(counts, [])


def _of_staff(user: User) -> list[Obstacle]:
    if not (user.is_staff or user.is_superuser):
        return []
    sentence = "This is an account of the staff. Have a superuser take its rights away first."
    return [Obstacle("staff", "", sentence)]


def _discard(file: FieldFile) -> None:
    field = file.field
    outbox.publish(FileDiscarded(column=f"{field.model._meta.label}.{field.name}", name=str(file.name)))


def _bury(user: User, tombstone: str) -> None:
    remembered.forget_user(user)
    user.groups.clear()
    user.user_permissions.clear()
    User.objects.filter(pk=user.pk).update(
        email=tombstone,
        password=make_password(None),
        first_name="",
        last_name="",
        phone="",
        phone_for_codes="",
        username=None,
        date_of_birth=None,
        picture="",
        currency="",
        channels=[],
        is_active=False,
        last_login=None,
        second_factor_at=None,
        erased_at=Now(),
        updated_at=Now(),
    )


def delete_file(*, column: str, name: str) -> None:
    """Delete a file that no row names any more; one that is gone already is gone."""
    model, _, field_name = column.rpartition(".")
    field = apps.get_model(model)._meta.get_field(field_name)
    if isinstance(field, FileField):
        field.storage.delete(name)
