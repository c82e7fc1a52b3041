"""Cards that customers leave with a provider. What is there is the truth; what we keep of it is copied from there.

No provider is called inside a transaction.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from uuid import UUID

from django.db import transaction
from django.db.models.functions import Now

from apps.accounts.events import PersonErased
from apps.accounts.exceptions import SessionEnded
from apps.accounts.models import User
from apps.outbox import services as outbox
from apps.payments import selectors
from apps.payments.exceptions import ProviderNotOffered, ProviderRejected, SavedMethodNotFound
from apps.payments.models import ProviderCustomer, SavedMethod
from apps.payments.providers import NextAction, SavedMethodsProvider, get_keeper
from apps.payments.providers import base as words

log = logging.getLogger(__name__)


def begin_saving(*, user: User, provider: str) -> NextAction:
    """What the storefront does to save a card of this person; it is listed once he has done it.

    Raises:
        ProviderNotOffered: there is no such way of paying, or it keeps no cards.
        ProviderUnavailable: try again later.
        SessionEnded: the person was erased meanwhile; the provider will be told to forget him.
    """
    keeper = get_keeper(provider)
    try:
        return keeper.begin_saving(_customer(keeper, user).provider_reference)
    except ProviderRejected as refusal:
        log.error("%s cannot save a card for %s: %s", provider, user.pk, refusal)
        raise ProviderNotOffered(f"“{provider}” keeps no cards at the moment.") from refusal


def _customer(keeper: SavedMethodsProvider, user: User) -> ProviderCustomer:
    known = ProviderCustomer.objects.filter(user=user, provider=keeper.code).first()
    if known is not None:
        return known
    name = keeper.create_customer(key=f"cus:{user.pk}", email=user.email, name=user.get_full_name())
    with transaction.atomic():
        is_here = bool(User.objects.select_for_update(no_key=True).filter(pk=user.pk, erased_at=None))
        made, _ = ProviderCustomer.objects.get_or_create(
            user=user, provider=keeper.code, defaults={"provider_reference": name}
        )
        if not is_here:
            outbox.publish(PersonErased(user_id=user.pk))  # once more, for the company that has just heard of him
    if not is_here:
        raise SessionEnded
    return made


def refresh_customer(*, provider: str, reference: str) -> bool:
    """Copy what the provider keeps for the person of this name there; False if he is none of ours. Twice is once.

    Raises:
        ProviderUnavailable: try again later.
    """
    known = ProviderCustomer.objects.filter(provider=provider, provider_reference=reference, user__erased_at=None)
    customer = known.first()
    if customer is not None:
        _refresh(customer)
    return customer is not None


def refresh_saved_methods(*, user: User) -> None:
    """The same for everything that this person has left anywhere, for the page to which he comes back.

    Raises:
        ProviderUnavailable: try again later.
    """
    for customer in ProviderCustomer.objects.filter(user=user).order_by("pk"):
        _refresh(customer)


def _refresh(customer: ProviderCustomer) -> None:
    _copy(customer, {one.provider_reference: one for one in _listed(customer)})


def _listed(customer: ProviderCustomer) -> list[words.SavedMethod]:
    try:
        return list(get_keeper(customer.provider).list_methods(customer.provider_reference))
    except ProviderRejected as refusal:
        log.warning("%s knows nothing of %s any more: %s", customer.provider, customer.provider_reference, refusal)
        return []


@transaction.atomic
def _copy(customer: ProviderCustomer, listed: dict[str, words.SavedMethod]) -> None:
    ProviderCustomer.objects.select_for_update().get(pk=customer.pk)
    gone = customer.methods.filter(forgotten_at=None).exclude(provider_reference__in=listed)
    gone.update(forgotten_at=Now(), is_default=False, updated_at=Now())
    customer.methods.filter(is_default=True).update(is_default=False)
    SavedMethod.objects.bulk_create(
        [_row(customer, one) for one in listed.values()],
        update_conflicts=True,
        unique_fields=["customer", "provider_reference"],
        update_fields=["brand", "last4", "exp_month", "exp_year", "is_default", "forgotten_at", "updated_at"],
    )


def _row(customer: ProviderCustomer, one: words.SavedMethod) -> SavedMethod:
    return SavedMethod(
        customer=customer,
        provider_reference=one.provider_reference,
        brand=one.brand[:30],
        last4=one.last4[:4],
        exp_month=one.exp_month,
        exp_year=one.exp_year,
        is_default=one.is_default,
        updated_at=Now(),
    )


def make_default(*, user: User, public_id: UUID) -> SavedMethod:
    """Take this card first from now on.

    Raises:
        SavedMethodNotFound: it is not this person's, or the provider has forgotten it.
        ProviderUnavailable: try again later.
    """
    method = selectors.find_saved_method(user=user, public_id=public_id)
    keeper, names = _named(method)
    _tell(method, lambda: keeper.set_default(*names))
    return selectors.find_saved_method(user=user, public_id=public_id)


def forget_method(*, user: User, public_id: UUID) -> None:
    """Have the provider forget this card for ever.

    Raises:
        SavedMethodNotFound: it is not this person's, or the provider has forgotten it already.
        ProviderUnavailable: try again later.
    """
    method = selectors.find_saved_method(user=user, public_id=public_id)
    keeper, names = _named(method)
    _tell(method, lambda: keeper.detach(*names))


def _named(method: SavedMethod) -> tuple[SavedMethodsProvider, tuple[str, str]]:
    customer = method.customer
    return get_keeper(customer.provider), (customer.provider_reference, method.provider_reference)


def _tell(method: SavedMethod, call: Callable[[], None]) -> None:
    try:
        call()
    except ProviderRejected as refusal:
        log.warning("%s of %s: %s", method, method.customer, refusal)
        _refresh(method.customer)
        raise SavedMethodNotFound("That card is not kept any more.") from refusal
    _refresh(method.customer)
