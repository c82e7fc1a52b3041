"""What customers' banks want back: kept, booked, and put before staff; deciding happens at the provider."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models.functions import Now

from apps.payments.models import CaseKind, Dispute, DisputeStatus, Payment
from apps.payments.providers import ProviderDispute
from apps.payments.services import ledger
from apps.payments.services.cases import open_case


def sync_disputes(payment: Payment, known: Sequence[ProviderDispute]) -> None:
    """Bring our disputes to what the provider knows, each step booked once; the caller holds the payment's lock."""
    ours = {dispute.provider_reference: dispute for dispute in payment.disputes.all()} if known else {}
    for answer in known:
        dispute = ours.get(answer.provider_reference) or _open(payment, answer)
        if dispute.status != answer.status and dispute.status == DisputeStatus.OPEN:
            _decide(payment, dispute, DisputeStatus(answer.status))


def _open(payment: Payment, answer: ProviderDispute) -> Dispute:
    dispute = Dispute.objects.create(
        payment=payment,
        provider_reference=answer.provider_reference,
        amount=answer.amount.amount,
        currency=answer.amount.currency,
        reason=answer.reason[:100],
        respond_by=answer.respond_by,
    )
    ledger.book_dispute(payment, dispute, is_won=False)
    until = f"; answer there by {answer.respond_by:%d %B %Y}" if answer.respond_by else ""
    summary = f"{payment}: the customer's bank wants {dispute.money} back ({answer.reason or 'no reason'}){until}."
    open_case(kind=CaseKind.DISPUTED, payment=payment, summary=summary)
    return dispute


def _decide(payment: Payment, dispute: Dispute, status: DisputeStatus) -> None:
    dispute.status = status
    Dispute.objects.filter(pk=dispute.pk).update(status=status, updated_at=Now())
    if status == DisputeStatus.WON:
        ledger.book_dispute(payment, dispute, is_won=True)
