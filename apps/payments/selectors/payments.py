"""Who may see which payments, and which wait for staff."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet, Sum

from apps.common.money import Money
from apps.orders import selectors as order_selectors
from apps.orders.exceptions import OrderNotFound
from apps.orders.models import Order, OrderLine
from apps.payments.exceptions import PaymentNotFound, SavedMethodNotFound
from apps.payments.models import (
    LIVE_PAYMENTS,
    Account,
    Case,
    Dispute,
    DisputeStatus,
    LedgerEntry,
    LedgerTransaction,
    OrderRefund,
    Payment,
    PaymentStatus,
    Refund,
    RefundLine,
    RefundStatus,
    SavedMethod,
    WebhookEvent,
)

_NOT_YOURS = "There is no such payment among yours."


@dataclass(frozen=True, slots=True)
class RefundableLine:
    """A line of an order as refunds see it: what was paid for it, and what of that went back or is on its way.

    `refunded_sent_quantity` is how many of the refunded units had been sent before.
    """

    line: OrderLine
    paid: Money
    refunded: Money
    refunded_quantity: int
    refunded_sent_quantity: int

    @property
    def refundable_quantity(self) -> int:
        return self.line.quantity - self.refunded_quantity

    @property
    def refundable_sent_quantity(self) -> int:
        """Units that the customer has, or that are on their way to them."""
        return min(self.line.sent_quantity - self.refunded_sent_quantity, self.refundable_quantity)

    @property
    def refundable_unsent_quantity(self) -> int:
        return self.refundable_quantity - self.refundable_sent_quantity

    @property
    def unpaid_quantity(self) -> int:
        """Units that were given up while their money has not gone back: the refund failed."""
        return max(self.line.given_up_quantity - (self.refunded_quantity - self.refunded_sent_quantity), 0)

    @property
    def refundable(self) -> Money:
        return self.paid - self.refunded

    def worth_of(self, quantity: int) -> Money:
        """What so many of its units bring back, rounded on the sum so far, so that the last unit takes the rest."""
        share = Decimal(self.refunded_quantity + quantity) / self.line.quantity
        return max(self.paid.times(share).rounded() - self.refunded, Money.zero(self.paid.currency))


def payments_visible_to(user: Any) -> QuerySet[Payment]:
    """Staff with the permission see all, a customer those of their own orders, anybody else none; newest first."""
    payments = _whole(Payment.objects.order_by("-pk"))
    if not user.is_authenticated:
        return payments.none()
    return payments if user.has_perm("payments.view_payment") else payments.filter(order__customer=user)


def payments_of(order: Order) -> QuerySet[Payment]:
    """All attempts to pay an order, newest first."""
    return _whole(Payment.objects.filter(order=order).order_by("-pk"))


def _whole(payments: QuerySet[Payment]) -> QuerySet[Payment]:
    """With all that is shown of a payment."""
    return payments.select_related("order", "quote").prefetch_related("refunds")


def open_cases() -> QuerySet[Case]:
    return Case.objects.filter(resolved_at=None)


def open_disputes() -> QuerySet[Dispute]:
    return Dispute.objects.filter(status=DisputeStatus.OPEN)


def set_aside() -> QuerySet[Payment]:
    """Those whose money does not fit what was asked, and which nobody has decided about."""
    return Payment.objects.filter(status=PaymentStatus.NEEDS_REVIEW)


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


def saved_methods_of(user: Any) -> QuerySet[SavedMethod]:
    """The cards that this person has left, his default one first."""
    if not user.is_authenticated:
        return SavedMethod.objects.none()
    kept = SavedMethod.objects.filter(customer__user=user, forgotten_at=None)
    return kept.select_related("customer").order_by("-is_default", "-pk")


def find_saved_method(*, user: Any, public_id: UUID, provider: str = "") -> SavedMethod:
    """One of this person's cards, kept by this provider if one is named.

    Raises:
        SavedMethodNotFound: it is nobody's, somebody else's, or kept elsewhere.
    """
    methods = saved_methods_of(user).filter(public_id=public_id)
    method = (methods.filter(customer__provider=provider) if provider else methods).first()
    if method is None:
        raise SavedMethodNotFound("There is no such card among yours.")
    return method


def order_refunds(order: Order) -> QuerySet[OrderRefund]:
    """What was decided about giving its money back, newest first."""
    return order.order_refunds.order_by("-pk").prefetch_related("lines__order_line", "refunds__payment__quote")


def refunds_of(order: Order) -> QuerySet[Refund]:
    """Everything that goes back of the order's payments, for whatever reason, newest first."""
    return Refund.objects.filter(payment__order=order).select_related("payment", "order_refund").order_by("-pk")


def refundable(order: Order) -> Money:
    """What of the order's paid price nobody has decided to give back."""
    counted = order.payments.aggregate(sum=Sum("counted_amount"))["sum"] or Decimal(0)
    live = Refund.objects.filter(payment__order=order).exclude(status=RefundStatus.FAILED)
    taken_back = live.aggregate(sum=Sum("order_amount"))["sum"] or Decimal(0)
    return Money(counted - taken_back, order.currency)


def refundable_lines(order: Order) -> list[RefundableLine]:
    """The order's lines in their order, with their shares of its discount; two queries."""
    sums = _refunded(order).annotate(given_back=Sum("amount"), units=Sum("quantity"), sent=Sum("sent_quantity"))
    known = {line: sum for line, *sum in sums.values_list("order_line", "given_back", "units", "sent")}
    refundable_lines, lines = [], list(order.lines.order_by("pk"))
    for line, paid in zip(lines, _paid_for(order, lines), strict=True):
        given_back, units, sent = known.get(line.pk, (Decimal(0), 0, 0))
        refundable_lines.append(RefundableLine(line, paid, Money(given_back, order.currency), units, sent))
    return refundable_lines


def refunded_units(order: Order) -> dict[int, int]:
    """How many units of its lines went back or are on their way, by the lines' keys; lines without any are left out."""
    return dict(_refunded(order).annotate(units=Sum("quantity")).values_list("order_line", "units"))


def _refunded(order: Order) -> QuerySet[RefundLine, Any]:
    live = Refund.objects.filter(order_refund=OuterRef("order_refund")).exclude(status=RefundStatus.FAILED)
    return RefundLine.objects.filter(Exists(live), order_line__order=order).values("order_line")


def _paid_for(order: Order, lines: list[OrderLine]) -> list[Money]:
    """Each line's price less its share of the discount, with its tax; rounded on the running sum, so they add up."""
    exact, so_far, paid = Money.zero(order.currency), Money.zero(order.currency), []
    for line in lines:
        share = line.subtotal_amount / order.subtotal_amount if order.subtotal_amount else Decimal(0)
        exact = exact + line.subtotal - order.discount.times(share) + line.tax
        paid.append(exact.rounded() - so_far)
        so_far = exact.rounded()
    return paid


@dataclass(frozen=True, slots=True)
class Move:
    """One side of a transaction of the books; a debit is above zero."""

    account: str
    provider: str
    money: Money


@dataclass(frozen=True, slots=True)
class Step:
    """Something that happened to an order's money, or stands in its way: `kind` is asked, booked, failed or case."""

    at: datetime
    kind: str
    sentence: str
    moves: tuple[Move, ...] = ()


def order_story(order: Order) -> list[Step]:
    """All that happened to an order's money, oldest first: what was asked, booked, refused, and put before staff."""
    payments = list(order.payments.select_related("quote").order_by("pk"))
    steps = [step for payment in payments for step in _attempt(payment)]
    booked = order.ledger.prefetch_related("entries").order_by("pk")
    steps += [Step(one.created_at, "booked", f"{one.description}.", _moves(one)) for one in booked]
    for case in Case.objects.filter(payment__in=payments).select_related("resolved_by").order_by("pk"):
        steps += _case(case)
    return sorted(steps, key=lambda step: step.at)


def _attempt(payment: Payment) -> Iterator[Step]:
    part = "" if payment.quote is None else f" for {payment.part}, at {describe_quote(payment)}"
    yield Step(payment.created_at, "asked", f"{payment.money} were asked through {_way(payment)}{part}.")
    why = payment.failure_message or payment.failure_code
    if payment.status == PaymentStatus.FAILED:
        yield Step(
            payment.updated_at, "failed", f"{payment.money} through {_way(payment)} failed: {why or 'no reason'}."
        )
    elif payment.status == PaymentStatus.CANCELLED:
        because = f": {why}" if why else ""
        yield Step(payment.updated_at, "failed", f"{payment.money} through {_way(payment)} were given up{because}.")


def describe_quote(payment: Payment) -> str:
    """The rate of a payment's quote, whose it is, and the day from which it holds; empty without a quote."""
    quote = payment.quote
    if quote is None:
        return ""
    origin = f"{quote.source}, {quote.value_date:%d %b %Y}{', a fallback' if quote.is_fallback else ''}"
    return f"{quote.figure} {quote.currency} for one {quote.base_currency} ({origin})"


def _way(payment: Payment) -> str:
    return payment.provider.replace("_", " ")


def _moves(transaction: LedgerTransaction) -> tuple[Move, ...]:
    return tuple(Move(one.account, one.provider, one.money) for one in transaction.entries.all())


def _case(case: Case) -> Iterator[Step]:
    opened = "A case was opened" if case.resolved_at else "A case is open"
    yield Step(case.created_at, "case", f"{opened}: {case.summary}")
    if case.resolved_at:
        by = f" by {case.resolved_by.email}" if case.resolved_by else ""
        yield Step(case.resolved_at, "case", f"It was closed{by}: {case.resolution}")


@dataclass(frozen=True, slots=True)
class Balance:
    """One account in one currency: what was put in, what was taken out; the difference is what it holds."""

    account: str
    provider: str
    debit: Money
    credit: Money

    @property
    def money(self) -> Money:
        return self.debit - self.credit


def trial_balance(*, since: datetime | None = None, until: datetime | None = None) -> dict[str, list[Balance]]:
    """By currency, every account with what moved in it in that time, `until` left out; the sum of each is zero."""
    entries = LedgerEntry.objects.all()
    if since is not None:
        entries = entries.filter(transaction__created_at__gte=since)
    if until is not None:
        entries = entries.filter(transaction__created_at__lt=until)
    sums = entries.values("currency", "account", "provider").annotate(
        debit=Sum("amount", filter=Q(amount__gt=0), default=Decimal(0)),
        credit=Sum("amount", filter=Q(amount__lt=0), default=Decimal(0)),
    )
    balances: dict[str, list[Balance]] = {}
    for row in sorted(sums, key=lambda row: (row["currency"], Account.values.index(row["account"]), row["provider"])):
        debit, credit = Money(row["debit"], row["currency"]), Money(-row["credit"], row["currency"])
        balances.setdefault(row["currency"], []).append(Balance(row["account"], row["provider"], debit, credit))
    return balances
