"""Pago Móvil: which accounts have room, what a customer was told, which reports are whose, what staff should doubt."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import DecimalField, F, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce, Right

from apps.common.clock import database_now
from apps.common.exceptions import NotFound
from apps.common.money import Money
from apps.fx_rates.bank_days import caracas_date
from apps.orders.models import Order
from apps.payments.exceptions import ClaimNotFound, PaymentNotFound
from apps.payments.models import (
    APPROVED_CLAIMS,
    OPEN_CLAIMS,
    Bank,
    ClaimState,
    PagoMovilAssignment,
    PagoMovilClaim,
    PagoMovilRecipient,
    Payment,
    PaymentStatus,
    StatementLine,
)
from apps.payments.pago_movil.instructions import Transfer
from apps.payments.pago_movil.matching import DAYS_EARLIER, DAYS_LATER, Claimed, Posted
from apps.payments.pago_movil.reading import check_date, doubt_about_document, reference_tail
from apps.payments.selectors.payments import find_payment

SIMILAR_WITHIN = timedelta(days=7)
_ASKS_NO_MORE = [PaymentStatus.CANCELLED, PaymentStatus.FAILED]


def listed_banks() -> QuerySet[Bank]:
    """What customers choose from."""
    return Bank.objects.filter(is_active=True, is_listed=True).order_by("code")


def check_payment_date(day: date, order: Order | None) -> None:
    """Refuse a day on which this order, as far as it is known, cannot have been paid: Unreadable says why."""
    placed_on = date.min if order is None else caracas_date(order.created_at)
    check_date(day, today=caracas_date(database_now()), asked_on=placed_on, report_days=settings.PAGO_MOVIL_REPORT_DAYS)


def recipients() -> QuerySet[Any]:
    """All accounts with `asked_amount`: the VES that customers were told today to send there."""
    today = caracas_date(database_now())
    asked = (
        PagoMovilAssignment.objects.filter(recipient=OuterRef("pk"), asked_date=today)
        .exclude(payment__status__in=_ASKS_NO_MORE)
        .order_by()
        .values("recipient")
        .annotate(total=Sum("amount"))
        .values("total")
    )
    money = DecimalField(max_digits=19, decimal_places=4)
    total = Coalesce(Subquery(asked, output_field=money), Decimal(0), output_field=money)
    return PagoMovilRecipient.objects.select_related("bank").annotate(asked_amount=total).order_by("pk")


def recipients_with_room(amount: Decimal) -> QuerySet[Any]:
    """Active accounts whose daily limit leaves room for this much, the one to be asked first first."""
    free = Q(daily_limit_amount=None) | Q(daily_limit_amount__gte=F("asked_amount") + amount)
    return recipients().filter(free, is_active=True, bank__is_active=True).order_by("asked_amount", "position", "pk")


def has_room(amount: Money) -> bool:
    return recipients_with_room(amount.amount).exists()


def transfer_for(*, reference: str) -> Transfer:
    """What the customer of the payment with this reference of ours is told.

    Raises:
        PaymentNotFound: no account was ever named to it.
    """
    payments = Payment.objects.select_related("order", "quote", "pago_movil")
    payment = payments.filter(reference=reference).exclude(pago_movil=None).first()
    if payment is None:
        raise PaymentNotFound("That payment has no Pago Móvil data.")
    told, quote = payment.pago_movil, payment.quote
    return Transfer(
        bank_code=told.bank_code,
        bank_name=told.bank_name,
        phone=told.phone,
        document=told.document,
        holder=told.holder,
        amount=payment.money,
        concept=payment.order.number,
        language=payment.order.language,
        rate=quote.rate if quote else None,
        source=quote.source if quote else "",
        value_date=quote.value_date if quote else None,
        quoted_until=quote.expires_at if quote else None,
        pay_before=payment.order.payment_due_at,
    )


def claims_visible_to(user: Any) -> QuerySet[PagoMovilClaim]:
    """Staff with the permission see all, a customer those for their own orders, anybody else none; newest first."""
    claims = PagoMovilClaim.objects.select_related("payment__order", "bank", "recipient__bank").order_by("-pk")
    if not user.is_authenticated:
        return claims.none()
    if user.has_perm("payments.view_pagomovilclaim"):
        return claims
    return claims.filter(payment__order__customer=user)


def find_claim(*, public_id: UUID, user: Any, token: str = "") -> PagoMovilClaim:
    """The report, if it is the user's or the guest token opens its order.

    Raises:
        ClaimNotFound: there is none, or it is not the caller's to know of.
    """
    refusal = ClaimNotFound("There is no such report among yours.")
    claims = PagoMovilClaim.objects.select_related("payment__order", "bank", "recipient__bank")
    claim = claims.filter(public_id=public_id).first()
    if claim is None:
        raise refusal
    if not claims_visible_to(user).filter(pk=claim.pk).exists():
        try:
            find_payment(public_id=claim.payment.public_id, user=user, token=token)
        except NotFound as error:
            raise refusal from error
    return claim


def claims_to_verify() -> QuerySet[PagoMovilClaim]:
    """What waits for staff, oldest first."""
    claims = PagoMovilClaim.objects.select_related("payment__order", "bank", "recipient__bank")
    return claims.filter(state__in=OPEN_CLAIMS).order_by("created_at", "pk")


def needs_two_people(payment: Payment, received: Decimal) -> bool:
    """Whether what came is worth more than one person may confirm (PAGO_MOVIL_TWO_PEOPLE_ABOVE, as orders are)."""
    if settings.PAGO_MOVIL_TWO_PEOPLE_ABOVE == "":
        return False
    worth = max(payment.order_amount, payment.order_amount * received / payment.amount)
    return worth > Decimal(settings.PAGO_MOVIL_TWO_PEOPLE_ABOVE)


@dataclass(frozen=True, slots=True)
class Doubt:
    """Something that staff should look at before they confirm: a word for programs, a sentence for people."""

    code: str
    message: str


def doubts_about(claim: PagoMovilClaim) -> list[Doubt]:
    """What is odd about a report; none of it is a proof of anything."""
    found = [*_about_amounts(claim), *_about_others(claim)]
    doubt = doubt_about_document(claim.document)
    if doubt:
        found.append(Doubt("document", doubt))
    return found


def _about_amounts(claim: PagoMovilClaim) -> list[Doubt]:
    payment, found = claim.payment, []
    if claim.amount != payment.amount:
        found.append(Doubt("amount", f"{claim.money} were reported where {payment.money} were asked."))
    if payment.quote and caracas_date(payment.quote.expires_at) < claim.payment_date:
        found.append(Doubt("quote_ended", "It was paid on a day after the rate's promise had ended."))
    elif payment.quote and payment.quote.expires_at < claim.created_at:
        found.append(Doubt("reported_late", "It was reported after the rate's promise had ended."))
    return found


def _about_others(claim: PagoMovilClaim) -> list[Doubt]:
    corrected = Q(payment__order=claim.payment.order_id, state=ClaimState.REJECTED)
    others = PagoMovilClaim.objects.exclude(corrected).exclude(pk=claim.pk).filter(amount=claim.amount)
    span = claim.payment_date - SIMILAR_WITHIN, claim.payment_date + SIMILAR_WITHIN
    near = others.filter(payment_date__range=span).annotate(tail=Right("reference", 6))
    found = [
        Doubt("same_digits", f"Order {number} was reported with the same amount and the same last six digits.")
        for number in _orders_of(near.filter(tail=reference_tail(claim.reference)))
    ]
    found += [
        Doubt("same_phone", f"Order {number} was reported with the same amount, phone and day.")
        for number in _orders_of(others.filter(phone=claim.phone, payment_date=claim.payment_date))
    ]
    return found


def _orders_of(claims: QuerySet[PagoMovilClaim]) -> list[str]:
    return sorted(set(claims.values_list("payment__order__number", flat=True)))


def lines_like(claim: PagoMovilClaim) -> QuerySet[StatementLine]:
    """What the account's statements have with this reference, for whoever looks for it."""
    return StatementLine.objects.filter(recipient=claim.recipient_id, reference_key=claim.reference_key).order_by("pk")


def open_claims_of(recipient: PagoMovilRecipient) -> list[Claimed]:
    """Reports on this account that wait, as the matching wants them."""
    claims = PagoMovilClaim.objects.filter(recipient=recipient, state__in=OPEN_CLAIMS)
    return [_as_claimed(claim, claim.amount) for claim in _with_payment(claims)]


def approved_without_line(recipient: PagoMovilRecipient, since: date) -> QuerySet[PagoMovilClaim]:
    """Reports on this account that staff confirmed from the bank's page, before any statement had their money."""
    approved = PagoMovilClaim.objects.filter(recipient=recipient, state__in=APPROVED_CLAIMS, statement_line=None)
    return approved.filter(payment_date__gte=since).order_by("pk")


def approved_with_free_lines(recipient: PagoMovilRecipient, since: date) -> QuerySet[PagoMovilClaim]:
    """Those of them whose reference stands in a line that has paid for nothing yet."""
    free = StatementLine.objects.filter(recipient=recipient, claim=None, posted_date__gte=since)
    return approved_without_line(recipient, since).filter(reference_key__in=free.values("reference_key"))


def spent_claims_of(recipient: PagoMovilRecipient, since: date) -> list[Claimed]:
    """All that were approved without a line as the matching wants them, with the amount that staff saw."""
    claims = _with_payment(approved_without_line(recipient, since))
    return [_as_claimed(claim, claim.received_amount or claim.amount) for claim in claims]


def _with_payment(claims: QuerySet[PagoMovilClaim]) -> QuerySet[PagoMovilClaim]:
    return claims.select_related("payment", "payment__pago_movil", "bank").order_by("pk")


def _as_claimed(claim: PagoMovilClaim, amount: Decimal) -> Claimed:
    return Claimed(
        id=claim.pk,
        reference=claim.reference,
        amount=amount,
        asked=claim.payment.amount,
        day=claim.payment_date,
        asked_on=claim.payment.pago_movil.asked_date,
        bank=claim.bank.code,
        phone=claim.phone,
    )


def line_that_shows(claim: PagoMovilClaim, received: Decimal) -> StatementLine | None:
    """The one free line with this reference, what was received, and a day near; None where there are several."""
    near = claim.payment_date - DAYS_EARLIER, claim.payment_date + DAYS_LATER
    lines = lines_like(claim).filter(claim=None, amount=received, posted_date__range=near)[:2]
    return lines[0] if len(lines) == 1 else None


def free_lines_of(recipient: PagoMovilRecipient, since: date) -> list[Posted]:
    """Lines of this account that have paid for nothing yet."""
    lines = StatementLine.objects.filter(recipient=recipient, claim=None, posted_date__gte=since).order_by("pk")
    return [
        Posted(
            id=line.pk,
            reference=line.reference,
            amount=line.amount,
            day=line.posted_date,
            bank=line.bank_code,
            phone=line.phone,
        )
        for line in lines
    ]
