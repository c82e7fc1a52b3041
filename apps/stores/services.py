"""How stores come to be, and how people come to work in them. A store that has members always has an owner."""

from __future__ import annotations

from datetime import timedelta
from typing import TypedDict, Unpack
from uuid import UUID, uuid4

from django.conf import settings
from django.db import transaction
from django.db.models.functions import Now
from django.utils.text import slugify

from apps.accounts.models import User, normalise_email
from apps.common.clock import database_now
from apps.outbox import services as outbox
from apps.stores import selectors
from apps.stores.events import MemberInvited
from apps.stores.exceptions import (
    InvitationNotFound,
    LastOwner,
    MemberNotFound,
    StoresNotOffered,
    TooManyInvitations,
    TooManyStores,
)
from apps.stores.models import Store, StoreInvitation, StoreMember, StoreRole

MOST_STORES = 5  # of one owner
MOST_INVITATIONS = 20  # that wait for an answer, of one store
INVITATION_DAYS = 14


def ensure_default_store(*, slug: str = "shop", name: str = "Shop", base_currency: str = "USD") -> Store:
    """Return the default store, made if there is none yet; twice is once."""
    store, _ = Store.objects.get_or_create(
        is_default=True, defaults={"slug": slug, "name": name, "base_currency": base_currency}
    )
    return store


@transaction.atomic
def open_store(*, user: User, name: str, email: str = "") -> Store:
    """A customer becomes the owner of a store of his own. It is closed until staff have looked and open it.

    Raises:
        StoresNotOffered: by STORES_BY_CUSTOMERS only staff make stores.
        TooManyStores: the person owns five already.
    """
    if not settings.STORES_BY_CUSTOMERS:
        raise StoresNotOffered
    User.objects.select_for_update(no_key=True).get(pk=user.pk)  # one store of a person at a time
    if StoreMember.objects.filter(user=user, role=StoreRole.OWNER).count() >= MOST_STORES:
        raise TooManyStores(MOST_STORES)
    store = Store.objects.create(
        slug=f"{slugify(name)[:40] or 'store'}-{uuid4().hex[:8]}",
        name=name,
        email=email,
        base_currency=settings.BASE_CURRENCY,
        is_active=False,
        is_awaiting_opening=True,
    )
    StoreMember.objects.create(store=store, user=user, role=StoreRole.OWNER)
    return store


class StoreFields(TypedDict, total=False):
    """What owners may say of their store; its name is on its products and is for staff to change."""

    email: str


def update_store(*, store: Store, **fields: Unpack[StoreFields]) -> Store:
    """Write what is given, and leave the rest to whoever writes it at the same time."""
    Store.objects.filter(pk=store.pk).update(**fields, updated_at=Now())
    store.refresh_from_db()
    return store


@transaction.atomic
def invite_member(*, store: Store, email: str, role: StoreRole) -> StoreInvitation:
    """Ask the person with this address to work in the store. It is told to nobody whether an account has the address.

    The same address again is the same invitation: with this role, and good for another two weeks.

    Raises:
        TooManyInvitations: twenty wait for an answer.
    """
    _one_at_a_time(store)
    email = normalise_email(email)
    others = selectors.invitations_of(store).exclude(email=email)
    if others.count() >= MOST_INVITATIONS:
        raise TooManyInvitations(MOST_INVITATIONS)
    until = database_now() + timedelta(days=INVITATION_DAYS)
    invitation, is_new = StoreInvitation.objects.update_or_create(
        store=store, email=email, defaults={"role": role, "expires_at": until}
    )
    if is_new:
        outbox.publish(MemberInvited(invitation_id=invitation.pk))
    return invitation


def withdraw_invitation(*, store: Store, invitation_id: UUID) -> None:
    """Raises InvitationNotFound: the store has none with that id."""
    if not store.invitations.filter(public_id=invitation_id).delete()[0]:
        raise InvitationNotFound


@transaction.atomic
def accept_invitation(*, user: User, invitation_id: UUID) -> StoreMember:
    """Begin to work in a store. Whoever works there already gets the role, unless the store would lose its owner.

    Raises:
        InvitationNotFound: it is somebody else's, too old, or withdrawn; or the person's address is not verified.
        LastOwner: the store's only owner was invited to be less.
    """
    mine = selectors.invitations_for(user).filter(public_id=invitation_id)
    if (invitation := mine.first()) is None:
        raise InvitationNotFound
    _one_at_a_time(invitation.store)
    if (invitation := mine.first()) is None:  # it was withdrawn, or accepted, while we waited
        raise InvitationNotFound
    member, is_new = StoreMember.objects.get_or_create(
        store=invitation.store, user=user, defaults={"role": invitation.role}
    )
    if not is_new:
        _change(member, StoreRole(invitation.role))
    invitation.delete()
    return member


def decline_invitation(*, user: User, invitation_id: UUID) -> None:
    """Raises InvitationNotFound: the person has none with that id."""
    mine = selectors.invitations_for(user).filter(public_id=invitation_id)
    if not StoreInvitation.objects.filter(pk__in=mine).delete()[0]:
        raise InvitationNotFound


@transaction.atomic
def change_role(*, store: Store, member_id: UUID, role: StoreRole) -> StoreMember:
    """Raises MemberNotFound, and LastOwner when nobody would be left to own the store."""
    _one_at_a_time(store)
    member = _find(store, member_id)
    _change(member, role)
    return member


@transaction.atomic
def remove_member(*, store: Store, member_id: UUID) -> None:
    """Raises MemberNotFound, and LastOwner when nobody would be left to own the store."""
    _one_at_a_time(store)
    _remove(_find(store, member_id))


@transaction.atomic
def leave_store(*, store: Store, user: User) -> None:
    """Raises MemberNotFound, and LastOwner when nobody would be left to own the store."""
    _one_at_a_time(store)
    member = selectors.members_of(store).filter(user=user).first()
    if member is None:
        raise MemberNotFound
    _remove(member)


def _remove(member: StoreMember) -> None:
    _require_another_owner(member)
    member.delete()


def _one_at_a_time(store: Store) -> None:
    """Of two owners who leave at once the second sees that the first has gone."""
    Store.objects.select_for_update(no_key=True).get(pk=store.pk)


def _find(store: Store, member_id: UUID) -> StoreMember:
    member = selectors.members_of(store).filter(public_id=member_id).first()
    if member is None:
        raise MemberNotFound
    return member


def _change(member: StoreMember, role: StoreRole) -> None:
    if role != StoreRole.OWNER:
        _require_another_owner(member)
    StoreMember.objects.filter(pk=member.pk).update(role=role, updated_at=Now())
    member.role = role


def _require_another_owner(member: StoreMember) -> None:
    others = StoreMember.objects.filter(store=member.store_id, role=StoreRole.OWNER).exclude(pk=member.pk)
    if member.role == StoreRole.OWNER and not others.exists():
        raise LastOwner
