"""The address book: one default of each kind, whoever changes what at the same time."""

from __future__ import annotations

from typing import TypedDict, Unpack

from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Now

from apps.accounts.exceptions import AddressBookFull, SessionEnded
from apps.accounts.models import Address, User

MOST_ADDRESSES = 50


class AddressFields(TypedDict, total=False):
    """What an address says; `is_default` takes the place of the default of its kind."""

    kind: str
    is_default: bool
    first_name: str
    last_name: str
    address_line_1: str
    address_line_2: str
    city: str
    state_province: str
    postal_code: str
    country: str
    phone: str


@transaction.atomic
def add_address(*, user: User, **fields: Unpack[AddressFields]) -> Address:
    """Write an address down; the first of a kind is its default.

    Raises:
        AddressBookFull: there are fifty already.
    """
    _one_at_a_time(user)
    if Address.objects.filter(user=user).count() >= MOST_ADDRESSES:
        raise AddressBookFull(MOST_ADDRESSES)
    address = Address(user=user, **fields)
    address.is_default = address.is_default or not _of_its_kind(address).filter(is_default=True).exists()
    _make_way(address)
    address.save(force_insert=True)
    return address


@transaction.atomic
def change_address(*, address: Address, **fields: Unpack[AddressFields]) -> Address:
    """Change what is named. Another kind makes it that kind's default only if it has none, or if that is asked for."""
    _one_at_a_time(address.user)
    address.refresh_from_db()
    kind_before, was_default = address.kind, address.is_default
    for name, value in fields.items():
        setattr(address, name, value)
    if address.kind != kind_before and "is_default" not in fields:
        address.is_default = not _of_its_kind(address).filter(is_default=True).exists()
    address.updated_at = Now()
    _make_way(address)
    address.save(force_update=True)
    if was_default and address.kind != kind_before:
        _promote(address.user, kind_before)
    address.refresh_from_db()
    return address


@transaction.atomic
def delete_address(*, address: Address) -> None:
    """Take it out of the book; the newest of its kind becomes the default if this was it."""
    _one_at_a_time(address.user)
    address.delete()
    if address.is_default:
        _promote(address.user, address.kind)


def _one_at_a_time(user: User) -> None:
    if not User.objects.select_for_update(no_key=True).filter(pk=user.pk, erased_at=None):
        raise SessionEnded  # he was erased meanwhile, and nothing may say where he lives


def _make_way(address: Address) -> None:
    if address.is_default:
        _of_its_kind(address).filter(is_default=True).update(is_default=False, updated_at=Now())


def _promote(user: User, kind: str) -> None:
    newest = Address.objects.filter(user=user, kind=kind).order_by("-pk").first()
    if newest is not None:
        Address.objects.filter(pk=newest.pk).update(is_default=True, updated_at=Now())


def _of_its_kind(address: Address) -> QuerySet[Address]:
    return Address.objects.filter(user_id=address.user_id, kind=address.kind).exclude(pk=address.pk)
