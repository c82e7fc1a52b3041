"""Make an attempt known to its provider, and tell the customer what to do next."""

from __future__ import annotations

import logging
from functools import cache
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.urls import reverse

from apps.common.clock import database_now
from apps.common.exceptions import DomainError
from apps.payments import selectors
from apps.payments.exceptions import (
    PaymentDeclined,
    ProviderRejected,
    ProviderUnavailable,
)
from apps.payments.models import Payment, PaymentStatus, SavedMethod
from apps.payments.providers import (
    PAGE_LOST,
    NextAction,
    ProviderPayment,
    ProviderStatus,
    begins_when_saved,
    get_keeper,
    get_online_provider,
    get_provider,
)
from apps.payments.services.judging import apply_truth, fail
from apps.payments.services.opening import new_attempt

log = logging.getLogger(__name__)


def start_payment(*, payment_id: int, return_url: str = "") -> NextAction:
    """Make the attempt known to its provider and say what the customer does next; call outside a transaction.

    `return_url` is where the storefront wants its customer back from the provider's page (see `require_known_origin`).
    Repeating is safe and finds the same attempt. When the provider cannot be reached, or refuses, the next action is
    "none": the payment's status then says whether to repeat (`created`) or to try another way (`failed`).
    """
    payment = Payment.objects.select_related("order").filter(pk=payment_id).reachable().first()
    if payment is None:
        return NextAction()
    if return_url and return_url != payment.return_url:
        payment.update(return_url=return_url)
    try:
        truth = _begin(payment)
    except ProviderUnavailable as error:
        log.warning("%s could not begin: %s", payment, error)
        return NextAction()
    except PaymentDeclined as refusal:
        _fail(payment_id, code=refusal.failure_code, message=refusal.message)
        return NextAction()
    except ProviderRejected as refusal:
        log.error("%s was refused: %s", payment, refusal)
        _fail(payment_id, code=refusal.reason, message=refusal.message)
        return NextAction()
    still = apply_truth(payment_id=payment_id, truth=truth)
    return _next_action(still, truth)


def start_or_replace(*, payment_id: int, return_url: str = "") -> tuple[Payment, NextAction]:
    """`start_payment`, and where the provider's page was lost on its way, the same of another attempt, once.

    Answers the attempt that the customer goes on with. Nobody can have paid the one whose page nobody has seen.
    """
    next_action = start_payment(payment_id=payment_id, return_url=return_url)
    payment = selectors.get_payment(payment_id=payment_id)
    if (payment.status, payment.failure_code) != (PaymentStatus.CANCELLED, PAGE_LOST):
        return payment, next_action
    try:
        another = _ask_the_same(payment)
    except (DomainError, ProviderRejected) as refusal:
        log.warning("%s lost its page, and cannot be asked for again: %s", payment, refusal)
        return payment, next_action
    next_action = start_payment(payment_id=another.pk, return_url=return_url or payment.return_url)
    return selectors.get_payment(payment_id=another.pk), next_action


def _ask_the_same(payment: Payment) -> Payment:
    is_promised = payment.quote is not None and payment.quote.expires_at > database_now()
    return new_attempt(
        order_id=payment.order_id,
        provider=payment.provider,
        part=payment.part,
        currency=payment.currency,
        saved_method=payment.saved_method,
        quote_id=payment.quote.public_id if payment.quote and is_promised else None,
    )


def start_first_payment(*, payment: Payment, return_url: str = "") -> tuple[Payment, NextAction]:
    """`start_payment` for the one that an order was placed with just now; also says how payment and order are then.

    Where there is nobody to tell, they are as they were saved, and are not read again.
    """
    if payment.status == PaymentStatus.PENDING and begins_when_saved(payment.provider):
        if return_url:
            payment.update(return_url=return_url)
        return payment, _next_action(payment, _begin(payment))
    return start_or_replace(payment_id=payment.pk, return_url=return_url)


def tell_next_action(*, payment_public_id: UUID) -> NextAction:
    """What the customer does next in an attempt that was started before, asked anew; call outside a transaction.

    It changes nothing. An attempt that is over has none.

    Raises:
        ProviderUnavailable: try again later.
    """
    payment = Payment.objects.select_related("order").filter(public_id=payment_public_id).reachable().first()
    return NextAction() if payment is None else _next_action(payment, _begin(payment))


def _next_action(payment: Payment, truth: ProviderPayment) -> NextAction:
    """What the provider says, or the page where it had sent the customer before, if that is not told twice."""
    if payment.status == PaymentStatus.CANCELLED:
        return NextAction()
    is_waiting = truth.status in {ProviderStatus.PENDING, ProviderStatus.FAILED}
    if is_waiting and truth.next_action.type == "none" and payment.page_url:
        return NextAction("redirect", {"url": payment.page_url})
    return truth.next_action


def _begin(payment: Payment) -> ProviderPayment:
    online = get_online_provider(payment.provider) if payment.provider_reference else None
    if online is not None:
        return online.fetch(payment.provider_reference)
    if payment.saved_method is not None:
        return _charge(payment, payment.saved_method)
    return get_provider(payment.provider).start(
        reference=payment.reference,
        amount=payment.money,
        email=payment.order.email,
        return_url=_our_page(payment, "return"),
        cancel_url=_our_page(payment, "cancel"),
    )


def _charge(payment: Payment, method: SavedMethod) -> ProviderPayment:
    return get_keeper(payment.provider).charge_saved(
        reference=payment.reference,
        amount=payment.money,
        customer=method.customer.provider_reference,
        method=method.provider_reference,
    )


def _our_page(payment: Payment, name: str) -> str:
    """Where the provider sends the customer; it settles, and sends him on to the storefront."""
    return f"{settings.SITE_URL.rstrip('/')}{_path(name, payment.provider)}?payment={payment.public_id}"


@cache
def _path(name: str, provider: str) -> str:
    return reverse(f"payment-{name}", kwargs={"provider": provider})


@transaction.atomic
def _fail(payment_id: int, *, code: str, message: str) -> None:
    payment = Payment.objects.select_for_update().get(pk=payment_id)
    if payment.can_become(PaymentStatus.FAILED):
        fail(payment, code=code, message=message)
