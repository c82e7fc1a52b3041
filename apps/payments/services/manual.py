"""Money that only staff see: what they say of it is the truth, under their name."""

from __future__ import annotations

from datetime import date

from django.db import transaction

from apps.accounts.models import User
from apps.common import idempotency
from apps.common.clock import database_now
from apps.common.models import IdempotencyRecord
from apps.common.money import Money
from apps.common.transactions import retry_collisions
from apps.fx_rates.bank_days import caracas_date
from apps.payments.exceptions import PaymentNotConfirmable, RefundRefused, SecondPersonNeeded
from apps.payments.models import REJECTED_BY_STAFF, CaseKind, Payment, PaymentStatus, Refund, RefundStatus
from apps.payments.providers import PAGO_MOVIL, get_online_provider
from apps.payments.services import refunds
from apps.payments.services.cases import resolve_case
from apps.payments.services.judging import fail, send_back, take_money


@retry_collisions
@transaction.atomic
def confirm_manual_payment(
    *,
    payment_id: int,
    staff_user: User,
    amount: Money,
    accept_difference: bool = False,
    record: IdempotencyRecord | None = None,
) -> Payment:
    """Staff saw `amount` arrive, as they typed it; it is judged like a provider's word (table D4).

    Another amount than was asked is set aside with a case. If that was a slip of the pen, the right amount mends it;
    with `accept_difference` what came counts for what it is worth: a part leaves a balance, an excess goes back.

    Raises:
        PaymentNotConfirmable: its provider speaks for itself, or it has succeeded already; a mobile payment is
            confirmed through its report, which may need two people.
        SecondPersonNeeded: it is for their own order.
    """
    payment = _lock_manual(payment_id)
    if payment.provider == PAGO_MOVIL:
        raise PaymentNotConfirmable("Confirm the report of this mobile payment, or report it for the customer.")
    if payment.order.customer_id == staff_user.pk:
        raise SecondPersonNeeded("Nobody confirms money for their own order.")
    accept_money(payment, amount, staff_user=staff_user, is_accepted=accept_difference)
    idempotency.remember_resource(record, f"payment:{payment.pk}")
    return payment


def accept_money(payment: Payment, amount: Money, *, staff_user: User, is_accepted: bool) -> None:
    """What staff saw arrive becomes the truth; for `is_accepted` see above. The caller holds the payment's lock.

    Raises:
        PaymentNotConfirmable: it has succeeded already, or only the right amount would mend it.
    """
    if payment.status == PaymentStatus.SUCCEEDED or payment.refunded_amount:
        raise PaymentNotConfirmable(f"{payment} has been decided already.", status_now=payment.status)
    was_set_aside = payment.status == PaymentStatus.NEEDS_REVIEW
    if was_set_aside and amount != payment.money and not is_accepted:
        raise PaymentNotConfirmable(f"{payment} is set aside; only {payment.money} would settle it.")
    accepted = {"accepted": True} if is_accepted else {}
    payment.update(provider_answer=_statement(staff_user, amount=amount.as_json(), **accepted))
    unwanted = take_money(payment, amount, is_accepted=is_accepted)
    if unwanted:
        send_back(payment, unwanted)
    if was_set_aside and payment.status != PaymentStatus.NEEDS_REVIEW:
        _close_wrong_amount(payment, staff_user, f"The amount is {amount} after all.")


@retry_collisions
@transaction.atomic
def accept_set_aside(*, payment_id: int, staff_user: User) -> Payment:
    """Money that did not fit shall count for what it is worth, whoever took it.

    Raises:
        PaymentNotConfirmable: nothing is set aside, some of it went back already, or it came in another currency.
    """
    payment = Payment.objects.select_for_update().get(pk=payment_id)
    if payment.status != PaymentStatus.NEEDS_REVIEW or not payment.captured_amount or payment.refunded_amount:
        raise PaymentNotConfirmable(f"{payment} has nothing set aside that could count.", status_now=payment.status)
    unwanted = take_money(payment, payment.captured, is_accepted=True)
    if unwanted:
        send_back(payment, unwanted)
    _close_wrong_amount(payment, staff_user, f"{payment.captured} count for what they are worth.")
    return payment


def _close_wrong_amount(payment: Payment, staff_user: User, resolution: str) -> None:
    for case in payment.cases.filter(kind=CaseKind.WRONG_AMOUNT, resolved_at=None):
        resolve_case(case_id=case.pk, staff_user=staff_user, resolution=resolution)


@retry_collisions
@transaction.atomic
def reject_manual_payment(*, payment_id: int, staff_user: User, reason: str) -> Payment:
    """Staff could not find the money; the order stays payable while its window is open.

    Raises:
        PaymentNotConfirmable: its provider speaks for itself, it is decided already, or it has a report of its own.
    """
    payment = _lock_manual(payment_id)
    if payment.provider == PAGO_MOVIL:
        raise PaymentNotConfirmable("Reject the report of this mobile payment.")
    refuse_money(payment, staff_user=staff_user, reason=reason)
    return payment


def refuse_money(payment: Payment, *, staff_user: User, reason: str) -> None:
    """Its money was not found; the caller holds the payment's lock.

    Raises:
        PaymentNotConfirmable: it is decided already.
    """
    if not payment.can_become(PaymentStatus.FAILED):
        raise PaymentNotConfirmable(f"{payment} has been decided already.", status_now=payment.status)
    payment.update(provider_answer=_statement(staff_user, reason=reason))
    fail(payment, code=REJECTED_BY_STAFF, message=reason)


@retry_collisions
@transaction.atomic
def confirm_manual_refund(
    *, refund_id: int, staff_user: User, bank_reference: str, sent_date: date | None = None
) -> Refund:
    """Staff sent the money back by hand, today unless said; `bank_reference` is the bank's name for that transfer.

    What is sent is the refund's own figure, in the currency and by the rate of its payment's quote.

    Raises:
        RefundRefused: it is not waiting to be sent by hand, or was sent on a day that is still to come.
    """
    today = caracas_date(database_now())
    if sent_date is not None and sent_date > today:
        raise RefundRefused("That day is still to come.", errors={"sent_date": ["That day is still to come."]})
    payment = Payment.objects.select_for_update().get(refunds=refund_id)
    refund = Refund.objects.get(pk=refund_id)
    if refund.status != RefundStatus.PENDING or get_online_provider(payment.provider) is not None:
        raise RefundRefused(f"{refund.money} does not wait to be sent by hand.", status_now=refund.status)
    name = f"{payment.provider}:{bank_reference}"
    if Refund.objects.filter(provider_reference=name).exists():
        raise RefundRefused(f"Another refund was sent as {bank_reference}.")
    Refund.objects.filter(pk=refund.pk).update(sent_date=sent_date or today)
    refunds.move_refund(payment, refund, RefundStatus.SUCCEEDED, name)
    refund.sent_date = sent_date or today
    if not payment.refunds.filter(status=RefundStatus.PENDING).exists():
        for case in payment.cases.filter(kind=CaseKind.REFUND_BY_HAND, resolved_at=None):
            resolve_case(case_id=case.pk, staff_user=staff_user, resolution=f"Sent, {bank_reference}.")
    return refund


def _lock_manual(payment_id: int) -> Payment:
    payment = Payment.objects.select_for_update().get(pk=payment_id)
    if get_online_provider(payment.provider) is not None:
        raise PaymentNotConfirmable(f"{payment.provider} tells us itself; nobody confirms it by hand.")
    return payment


def _statement(staff_user: User, **said: object) -> dict[str, object]:
    return {"staff_id": staff_user.pk, "at": database_now().isoformat(), **said}
