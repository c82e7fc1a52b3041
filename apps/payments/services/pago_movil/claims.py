"""Reports: a customer says that he has paid; staff, who see the bank's statement, say what came."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.core.files.base import ContentFile
from django.db import IntegrityError, transaction
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.common import idempotency
from apps.common.clock import database_now
from apps.common.models import IdempotencyRecord
from apps.common.money import Money
from apps.common.private_files import new_name
from apps.common.transactions import retry_collisions
from apps.orders import services as order_services
from apps.outbox import services as outbox
from apps.payments.events import PaymentReported
from apps.payments.exceptions import (
    AmountDiffers,
    ClaimDecided,
    PaymentNotClaimable,
    ReferenceUsed,
    ReportRefused,
    SecondPersonNeeded,
)
from apps.payments.models import (
    LIVE_PAYMENTS,
    OPEN_CLAIMS,
    VES,
    Bank,
    ClaimState,
    PagoMovilClaim,
    PagoMovilClaimEvent,
    Payment,
    PaymentStatus,
    StatementLine,
)
from apps.payments.pago_movil.matching import Reason
from apps.payments.pago_movil.reading import Unreadable, reference_key
from apps.payments.selectors import pago_movil as selectors
from apps.payments.services.judging import restart_clock_of
from apps.payments.services.manual import accept_money, refuse_money
from apps.payments.services.opening import queue_up

MOST_CORRECTIONS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What the customer typed, read already (pago_movil/reading.py); `proof` is a picture encoded by us, or a PDF."""

    bank: Bank
    phone: str
    document: str
    reference: str
    payment_date: date
    amount: Decimal
    proof: bytes = b""


@retry_collisions
@transaction.atomic
def report_claim(
    *, payment_id: int, report: Report, actor: str, user: User | None = None, record: IdempotencyRecord | None = None
) -> PagoMovilClaim:
    """Keep the report and stop the order's clock until staff have decided. The same for the same order is one.

    Until staff look for the money, a further report of the same reference or amount corrects the first, a few times.

    Raises:
        PaymentNotClaimable: it is no Pago Móvil payment, it is decided, or a report of other money waits, or one that
            staff have taken, or that was corrected too often.
        ReportRefused: it cannot have been paid on that day.
        ReferenceUsed: a report that was not rejected has this reference of this bank and day.
    """
    queue_up(Payment.objects.values_list("order_id", flat=True).get(pk=payment_id))
    payment = Payment.objects.select_for_update(of=("self",)).select_related("order", "pago_movil").get(pk=payment_id)
    known = _reported_before(payment, report)
    waiting = payment.claims.filter(state__in=OPEN_CLAIMS).select_for_update().first()
    if waiting is not None and (known is None or known == waiting):
        claim = _correct(payment, waiting, report, actor)
    else:
        claim = known or _insert(payment, report, actor, user)
    idempotency.remember_resource(record, f"claim:{claim.pk}")
    return claim


def _reported_before(payment: Payment, report: Report) -> PagoMovilClaim | None:
    """The same reference for the same order is a retry."""
    earlier = PagoMovilClaim.objects.filter(
        payment__order=payment.order_id,
        bank=report.bank,
        reference_key=reference_key(report.reference),
        payment_date=report.payment_date,
    )
    return earlier.exclude(state=ClaimState.REJECTED).first()


def _correct(payment: Payment, claim: PagoMovilClaim, report: Report, actor: str) -> PagoMovilClaim:
    """Somebody has looked at his telephone again. Other money is no correction: the first of it would be lost."""
    changes: dict[str, Any] = {
        name: getattr(report, name)
        for name in ("bank", "phone", "document", "payment_date", "amount")
        if getattr(report, name) != getattr(claim, name)
    }
    key = reference_key(report.reference)
    is_same_money = key == claim.reference_key or "amount" not in changes
    if key != claim.reference_key:
        changes |= {"reference": report.reference, "reference_key": key}
    if not changes:
        return claim
    if claim.state != ClaimState.REPORTED or not is_same_money:
        sentence = _("We are looking for the payment that you reported; once we have found it, report another one.")
        raise PaymentNotClaimable(sentence, claim=str(claim.public_id))
    if claim.events.count() > MOST_CORRECTIONS:
        sentence = _("You have corrected this report several times; please write to us.")
        raise PaymentNotClaimable(sentence, claim=str(claim.public_id))
    _require_possible_day(payment, report.payment_date)
    names = ", ".join(name for name in changes if name != "reference_key")
    note = f"Corrected: {names}; before it was reference {claim.reference}, {claim.money}"
    with _once_for_each_reference():
        claim.update(**changes)
    _keep_proof(claim, report)
    _write_down(claim, actor, old=claim.state, note=note)
    if "reference" in changes:
        _tell_staff(payment, claim)
    return claim


def _insert(payment: Payment, report: Report, actor: str, user: User | None) -> PagoMovilClaim:
    _require_claimable(payment)
    _require_possible_day(payment, report.payment_date)
    with _once_for_each_reference():
        claim = PagoMovilClaim.objects.create(
            payment=payment,
            recipient_id=payment.pago_movil.recipient_id,
            bank=report.bank,
            phone=report.phone,
            document=report.document,
            reference=report.reference,
            reference_key=reference_key(report.reference),
            payment_date=report.payment_date,
            amount=report.amount,
            reported_by=user,
        )
    _keep_proof(claim, report)
    _write_down(claim, actor, old="", note="")
    _begin_review(payment)
    _tell_staff(payment, claim)
    return claim


def _tell_staff(payment: Payment, claim: PagoMovilClaim) -> None:
    said = {"amount": str(claim.amount), "bank_reference": claim.reference}
    outbox.publish(PaymentReported(order_id=payment.order_id, payment_id=payment.pk, **said))


@contextmanager
def _once_for_each_reference() -> Iterator[None]:
    """The database refuses a reference that is taken; two tabs at once cannot both have asked it first."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        if "pago_movil_reference_once" not in str(error):
            raise
        sentence = _("This reference has been reported before. Look at its digits, or write to us.")
        raise ReferenceUsed(sentence, errors={"reference": [sentence]}) from error


def _keep_proof(claim: PagoMovilClaim, report: Report) -> None:
    if report.proof:
        claim.proof.save(new_name(report.proof), ContentFile(report.proof), save=False)
        claim.update(proof=claim.proof.name)


def _require_claimable(payment: Payment) -> None:
    if not hasattr(payment, "pago_movil"):
        raise PaymentNotClaimable(_("This payment is not made by Pago Móvil."))
    if payment.is_judged:
        raise PaymentNotClaimable(_("This payment has been decided already."), status_now=payment.status)
    if payment.claims.exclude(state=ClaimState.REJECTED).exists():
        raise PaymentNotClaimable(_("This payment has been decided already."), status_now=payment.status)


def _require_possible_day(payment: Payment, day: date) -> None:
    try:
        selectors.check_payment_date(day, payment.order)
    except Unreadable as refusal:
        raise ReportRefused(str(refusal), errors={"payment_date": [str(refusal)]}) from refusal


def _begin_review(payment: Payment) -> None:
    """Nothing gives the payment up while staff look for its money, and the order waits.

    One that was given up before, or that another has taken the place of, stays as it is: its money is judged late.
    """
    others = Payment.objects.filter(order=payment.order_id, provider=payment.provider, status__in=LIVE_PAYMENTS)
    if payment.can_become(PaymentStatus.PROCESSING) and not others.exclude(pk=payment.pk).exists():
        payment.update(status=PaymentStatus.PROCESSING)
        order_services.mark_payment_begun(order_id=payment.order_id)
    order_services.stop_clock(order_id=payment.order_id)


@transaction.atomic
def take_claim(*, claim_id: int, staff_user: User) -> PagoMovilClaim:
    """Somebody of the staff looks for it at the bank, so that two do not.

    Raises:
        ClaimDecided
    """
    claim = _lock(claim_id)[1]
    if not claim.can_become(ClaimState.UNDER_REVIEW):
        raise ClaimDecided(f"The report is {claim.get_state_display().lower()}.", state_now=claim.state)
    _move(claim, ClaimState.UNDER_REVIEW, actor=_name(staff_user), note="Looks for it at the bank")
    return claim


@retry_collisions
@transaction.atomic
def approve_claim(
    *,
    claim_id: int,
    staff_user: User,
    amount: Decimal,
    accept_difference: bool = False,
    line_id: int | None = None,
    note: str = "",
    record: IdempotencyRecord | None = None,
) -> PagoMovilClaim:
    """Staff read `amount` in VES at the bank; the payment is judged by it (table D4), and the report with it.

    Above PAGO_MOVIL_TWO_PEOPLE_ABOVE the first approval is only written down, and the report stays under review until
    somebody else reads the same amount. `line_id` is the statement's line that shows it, which is used up by this, as
    is one that is here already where somebody has looked into the bank's page.

    Raises:
        ClaimDecided: somebody was quicker, or the line has paid for something else.
        AmountDiffers: it is not what was asked, and `accept_difference` does not say that it shall count all the same.
        SecondPersonNeeded: the same person may not approve twice, nor anybody their own order.
    """
    payment, claim = _lock(claim_id)
    received = Money(amount, VES).rounded()
    _require_open(claim)
    _require_somebody_else(payment, claim, staff_user)
    if received != payment.money and not accept_difference:
        raise AmountDiffers(
            f"The bank shows {received} where {payment.money} were asked.",
            asked=payment.money.as_json(),
            received=received.as_json(),
        )
    if selectors.needs_two_people(payment, received.amount) and not _has_first(claim, staff_user, received):
        _approve_first(claim, staff_user, received, note)
    else:
        _approve(payment, claim, staff_user, received, line_id, note)
    idempotency.remember_resource(record, f"claim:{claim.pk}")
    return claim


def _require_somebody_else(payment: Payment, claim: PagoMovilClaim, staff_user: User) -> None:
    if staff_user.pk in {payment.order.customer_id, claim.reported_by_id}:
        raise SecondPersonNeeded("Nobody confirms money that they say they have sent themselves.")


def _has_first(claim: PagoMovilClaim, staff_user: User, received: Money) -> bool:
    """Whether somebody else has read the same amount before; the first may read again, and then is the first again."""
    if claim.first_approved_by_id in {None, staff_user.pk}:
        if claim.first_amount == received.amount:
            raise SecondPersonNeeded("You have approved it; for so much somebody else must too.")
        return False
    if claim.first_amount != received.amount:
        raise AmountDiffers(
            f"The first of you read {Money(claim.first_amount or Decimal(0), VES)} at the bank, you {received}.",
            received=received.as_json(),
        )
    return True


def _approve_first(claim: PagoMovilClaim, staff_user: User, received: Money, note: str) -> None:
    claim.update(first_approved_by=staff_user, first_approved_at=database_now(), first_amount=received.amount)
    _move(claim, ClaimState.UNDER_REVIEW, actor=_name(staff_user), note=f"First approval of {received}. {note}")


def _approve(
    payment: Payment, claim: PagoMovilClaim, staff_user: User, received: Money, line_id: int | None, note: str
) -> None:
    if line_id is not None and not StatementLine.objects.filter(pk=line_id, claim=None).update(claim=claim):
        raise ClaimDecided("That line of the statement has paid for something else.")
    if line_id is None:
        use_up_line(claim, received.amount)
    accept_money(payment, received, staff_user=staff_user, is_accepted=True)
    state = ClaimState.CONFIRMED
    if received != payment.money:
        state = ClaimState.PARTIAL if received < payment.money else ClaimState.OVERPAID
    claim.update(received_amount=received.amount, reviewed_by=staff_user, decided_at=database_now())
    _move(claim, state, actor=_name(staff_user), note=f"The bank shows {received} of {payment.money}. {note}")


def use_up_line(claim: PagoMovilClaim, received: Decimal) -> None:
    """The line that shows this money, if a statement has brought it, pays for nothing else."""
    line = selectors.line_that_shows(claim, received)
    if line is not None:
        free = StatementLine.objects.filter(pk=line.pk, claim=None)
        free.update(claim=claim, verdict=Reason.MATCHED, updated_at=Now())


@retry_collisions
@transaction.atomic
def reject_claim(*, claim_id: int, staff_user: User, reason: str) -> PagoMovilClaim:
    """Staff cannot find the money. The customer is told why, the order has a new window, and he may report again.

    Raises:
        ClaimDecided
    """
    payment, claim = _lock(claim_id)
    _require_open(claim)
    claim.update(reason=reason, reviewed_by=staff_user, decided_at=database_now())
    _move(claim, ClaimState.REJECTED, actor=_name(staff_user), note=reason)
    if payment.status == PaymentStatus.PROCESSING:
        refuse_money(payment, staff_user=staff_user, reason=reason)
    else:
        restart_clock_of(payment)
    return claim


def _lock(claim_id: int) -> tuple[Payment, PagoMovilClaim]:
    """The payment first, as everywhere, and then what is said of it."""
    payments = Payment.objects.select_for_update(of=("self",)).select_related("order")
    payment = payments.get(claims=claim_id)
    return payment, PagoMovilClaim.objects.select_for_update().get(pk=claim_id)


def _require_open(claim: PagoMovilClaim) -> None:
    if not claim.is_open:
        raise ClaimDecided(f"The report is {claim.get_state_display().lower()}.", state_now=claim.state)


def _move(claim: PagoMovilClaim, state: ClaimState, *, actor: str, note: str) -> None:
    old = claim.state
    claim.update(state=state)
    _write_down(claim, actor, old=old, note=note)


def _write_down(claim: PagoMovilClaim, actor: str, *, old: str, note: str) -> None:
    PagoMovilClaimEvent.objects.create(claim=claim, actor=actor, old=old, new=claim.state, note=note.strip()[:300])


def _name(staff_user: User) -> str:
    return f"staff:{staff_user.pk}"
