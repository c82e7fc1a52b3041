"""Which stores there are, who works where, and who may do what in a store."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet
from django.db.models.functions import Now

from apps.stores.exceptions import StoreNotFound
from apps.stores.models import MAY, Store, StoreAction, StoreInvitation, StoreMember


def get_default_store() -> Store:
    """The store of products that name none. Raises Store.DoesNotExist before the first set-up."""
    return Store.objects.get(is_default=True)


def default_store_name() -> str:
    """What the shop calls itself; "Shop" before the first set-up."""
    return Store.objects.filter(is_default=True).values_list("name", flat=True).first() or "Shop"


def open_stores() -> QuerySet[Store]:
    """The directory: those that sell, by name."""
    return Store.objects.filter(is_active=True).order_by("name", "pk")


def stores_where(user: Any, action: StoreAction) -> QuerySet[Store]:
    """The stores in which a person may do that, open or not. Staff have their own permissions and pages."""
    if not user.is_authenticated:
        return Store.objects.none()
    roles = [role for role, actions in MAY.items() if action in actions]
    return Store.objects.filter(members__in=StoreMember.objects.filter(user=user, role__in=roles))


def can(user: Any, store: Store, action: StoreAction) -> bool:
    return stores_where(user, action).filter(pk=store.pk).exists()


def find_store(*, slug: str, user: Any, action: StoreAction | None = None) -> Store:
    """The store of that slug, if the person may do `action` there; without one, any that is open or the person's own.

    Raises:
        StoreNotFound: there is none, or it is not the caller's to do that in.
    """
    if action is None:
        stores = Store.objects.filter(Q(is_active=True) | Q(pk__in=stores_where(user, StoreAction.LOOK)))
    else:
        stores = stores_where(user, action)
    store = stores.filter(slug=slug).first()
    if store is None:
        raise StoreNotFound
    return store


def members_of(store: Store) -> QuerySet[StoreMember]:
    """Who works there, those who came first first."""
    return store.members.select_related("user").order_by("pk")


def memberships_of(user: Any) -> QuerySet[StoreMember]:
    return StoreMember.objects.filter(user=user).select_related("store").order_by("pk")


def invitations_of(store: Store) -> QuerySet[StoreInvitation]:
    """Those that still wait for an answer."""
    return store.invitations.filter(expires_at__gt=Now()).order_by("-pk")


def invitations_for(user: Any) -> QuerySet[StoreInvitation]:
    """Those that wait for this person: whoever has not proved to read the mailbox is told of none."""
    mine = StoreInvitation.objects.filter(email=user.email, expires_at__gt=Now()).select_related("store")
    return mine.order_by("-pk") if user.is_email_verified else mine.none()
