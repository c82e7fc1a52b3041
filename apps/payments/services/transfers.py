"""The customer's side of a bank transfer: he says that he has sent it, and the order waits until staff have looked."""

from __future__ import annotations

from dataclasses import dataclass

from django.core.files.base import ContentFile
from django.db import transaction

from apps.common import idempotency
from apps.common.models import IdempotencyRecord
from apps.common.private_files import new_name
from apps.common.transactions import retry_collisions
from apps.orders import services as order_services
from apps.outbox import services as outbox
from apps.payments.events import PaymentReported
from apps.payments.exceptions import PaymentNotReportable
from apps.payments.models import Payment, PaymentStatus, TransferProof
from apps.payments.providers.manual import BANK_TRANSFER

MOST_PROOFS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferReport:
    """What the customer typed; `picture` was encoded by us, or is a PDF."""

    bank_reference: str
    payer: str = ""
    picture: bytes = b""


@retry_collisions
@transaction.atomic
def report_transfer(
    *, payment_id: int, report: TransferReport, record: IdempotencyRecord | None = None
) -> TransferProof:
    """Keep a report and stop the order's clock until staff confirm or reject; no money is believed to have come.

    The same reference again for the same payment is the same report.

    Raises:
        PaymentNotReportable: it is no transfer, it is decided or given up, or it was reported too often.
    """
    payment = Payment.objects.select_for_update().get(pk=payment_id)
    if payment.provider != BANK_TRANSFER or payment.status not in {PaymentStatus.PENDING, PaymentStatus.PROCESSING}:
        raise PaymentNotReportable(f"{payment} waits for no report.", status_now=payment.status)
    proofs = list(payment.proofs.order_by("pk"))
    known = next((one for one in proofs if one.bank_reference == report.bank_reference), None)
    if known is None and len(proofs) == MOST_PROOFS:
        raise PaymentNotReportable(f"{payment} has been reported {MOST_PROOFS} times; staff are looking.")
    proof = known or _keep(payment, report)
    if payment.status == PaymentStatus.PENDING:
        payment.update(status=PaymentStatus.PROCESSING)
        order_services.stop_clock(order_id=payment.order_id)
    idempotency.remember_resource(record, f"transfer-proof:{proof.pk}")
    return proof


def _keep(payment: Payment, report: TransferReport) -> TransferProof:
    proof = TransferProof(payment=payment, bank_reference=report.bank_reference, payer=report.payer)
    if report.picture:
        proof.picture.save(new_name(report.picture), ContentFile(report.picture), save=False)
    proof.save(force_insert=True)
    said = {"amount": str(payment.amount), "bank_reference": proof.bank_reference}
    outbox.publish(PaymentReported(order_id=payment.order_id, payment_id=payment.pk, **said))
    return proof
