"""Who may see which payments, and which wait for staff."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from apps.orders import selectors as order_selectors
from apps.orders.exceptions import OrderNotFound
from apps.payments.exceptions import PaymentNotFound
from apps.payments.models import LIVE_PAYMENTS, Payment, Refund, WebhookEvent

_NOT_YOURS = "There is no such payment among yours."


def payments_visible_to(user: Any) -> QuerySet[Payment]:
    """Staff with the permission see all, a customer those of their own orders, anybody else none; newest first."""
    payments = Payment.objects.select_related("order").prefetch_related("refunds").order_by("-pk")
    if not user.is_authenticated:
        return payments.none()
    return payments if user.has_perm("payments.view_payment") else payments.filter(order__customer=user)


def transfers_to_verify(*, by_hand: Collection[str]) -> QuerySet[Payment]:
    """Open payments through one of these ways, whose money only staff can see."""
    return Payment.objects.filter(provider__in=by_hand, status__in=LIVE_PAYMENTS)


def find_payment(*, public_id: UUID, user: Any, token: str = "") -> Payment:
    """The payment, if it is the user's or the guest token opens its order.

    Raises:
        PaymentNotFound: there is none, or it is not the caller's to know of.
    """
    payment = Payment.objects.select_related("order").filter(public_id=public_id).first()
    if payment is None:
        raise PaymentNotFound(_NOT_YOURS)
    if not payments_visible_to(user).filter(pk=payment.pk).exists():
        try:
            order_selectors.find_order(name=payment.order.number, user=user, token=token)
        except OrderNotFound as refusal:
            raise PaymentNotFound(_NOT_YOURS) from refusal
    return payment


def get_payment(*, payment_id: int) -> Payment:
    """The payment with its order and what was quoted for it, as they are now; one query."""
    return Payment.objects.select_related("order__quote").get(pk=payment_id)


def find_refund(*, payment: Payment, public_id: UUID) -> Refund:
    """One of the payment's refunds.

    Raises:
        PaymentNotFound: it has none of that id.
    """
    refund = payment.refunds.filter(public_id=public_id).first()
    if refund is None:
        raise PaymentNotFound("That payment has no such refund.")
    return refund


def kept_webhooks(
    *, provider: str = "", since: datetime | None = None, statuses: Collection[str] = (), event_id: int | None = None
) -> QuerySet[WebhookEvent]:
    """The inbox, oldest first, narrowed by whatever is said."""
    events = WebhookEvent.objects.order_by("pk")
    if provider:
        events = events.filter(provider=provider)
    if since is not None:
        events = events.filter(created_at__gte=since)
    if statuses:
        events = events.filter(status__in=statuses)
    return events if event_id is None else events.filter(pk=event_id)
