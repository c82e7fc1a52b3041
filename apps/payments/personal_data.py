"""Money keeps its books; who paid is forgotten, and what proves a payment goes when nobody can dispute it any more."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePath
from typing import Any

from django.db.models import Q, QuerySet
from django.db.models.fields.files import FieldFile
from django.db.models.functions import Now

from apps.common.personal_data import Attached, Erased, Holding, Obstacle, Person, register
from apps.orders import selectors as order_selectors
from apps.payments import services
from apps.payments.models import (
    LIVE_PAYMENTS,
    OPEN_CLAIMS,
    DisputeStatus,
    PagoMovilClaim,
    Payment,
    PaymentStatus,
    ProviderCustomer,
    RefundStatus,
    SavedMethod,
    TransferProof,
    WebhookEvent,
)

_STAFF = "which colleague decided it: the books"
_EVIDENCE = "proof of a payment, taken away EVIDENCE_KEEP_DAYS after it, when nobody can dispute it any more"


def export_payments(person: Person) -> list[dict[str, Any]]:
    return [_payment(payment) for payment in _payments(person).order_by("pk")]


def _payment(payment: Payment) -> dict[str, Any]:
    claims = "created_at bank__code phone document reference payment_date amount state reason received_amount"
    return {
        "order": payment.order.number,
        "created_at": payment.created_at,
        "provider": payment.provider,
        "reference": payment.reference,
        "status": payment.status,
        "amount": payment.money.as_json(),
        "captured": payment.captured.as_json(),
        "failure": payment.failure_message,
        "succeeded_at": payment.succeeded_at,
        "provider_says": payment.provider_answer,
        "refunds": list(payment.refunds.values("created_at", "amount", "currency", "status", "reason", "sent_date")),
        "disputes": list(payment.disputes.values("created_at", "amount", "currency", "status", "reason")),
        "mobile_payments_reported": list(payment.claims.values(*claims.split())),
        "transfers_reported": list(payment.proofs.values("created_at", "bank_reference", "payer")),
    }


def _payments(person: Person) -> QuerySet[Payment]:
    return Payment.objects.filter(order__in=order_selectors.orders_of(person)).select_related("order")


def proofs(person: Person) -> Iterator[Attached]:
    mine = Q(payment__in=_payments(person))
    for claim in PagoMovilClaim.objects.filter(mine).exclude(proof="").order_by("pk"):
        yield f"mobile-payment-{claim.public_id}{_ending(claim.proof)}", claim.proof
    for proof in TransferProof.objects.filter(mine).exclude(picture="").order_by("pk"):
        yield f"transfer-{proof.public_id}{_ending(proof.picture)}", proof.picture


def _ending(file: FieldFile) -> str:
    return PurePath(str(file.name)).suffix  # a picture or a PDF


def erase_payments(person: Person) -> Erased:
    mine = _payments(person)
    rows = Payment.objects.filter(pk__in=mine.values("pk")).update(return_url="", page_url="", updated_at=Now())
    return services.erase_evidence(payments=mine) + Erased(rows)


def unfinished_payments(person: Person) -> Iterator[Obstacle]:
    mine = _payments(person)
    moving = {
        "money_under_way": mine.filter(status=PaymentStatus.PROCESSING, proofs=None, claims=None),
        "transfer_to_verify": mine.filter(status__in=LIVE_PAYMENTS, proofs__isnull=False),
        "claim_open": mine.filter(claims__state__in=OPEN_CLAIMS),
        "refund_under_way": mine.filter(refunds__status__in=[RefundStatus.QUEUED, RefundStatus.PENDING]),
        "dispute_open": mine.filter(disputes__status=DisputeStatus.OPEN),
        "case_open": mine.filter(cases__resolved_at=None, cases__isnull=False),
    }
    for code, payments in moving.items():
        for number in payments.order_by("order_id").values_list("order__number", flat=True).distinct():
            yield Obstacle(code, number, f"Order {number}: {_WAIT_FOR[code]}.")


_WAIT_FOR = {
    "money_under_way": "a payment is under way; wait until it has come or failed",
    "transfer_to_verify": "you have reported a transfer; wait until the shop has looked at it",
    "claim_open": "you have reported a mobile payment; wait until the shop has looked at it",
    "refund_under_way": "money is on its way back to you; wait until it has arrived",
    "dispute_open": "your bank disputes the payment; wait until it has decided, or withdraw the dispute there",
    "case_open": "the shop has to decide about money of yours; write to us if that takes long",
}


def export_saved_methods(person: Person) -> Any:
    cards = SavedMethod.objects.filter(customer__user_id=person.user_id).order_by("pk")
    return list(
        cards.values("customer__provider", "brand", "last4", "exp_month", "exp_year", "created_at", "forgotten_at")
    )


def erase_saved_methods(person: Person) -> Erased:
    """The company that keeps them is told after commit."""
    customers = ProviderCustomer.objects.filter(user_id=person.user_id)
    cards = SavedMethod.objects.filter(customer__in=customers)
    cards.filter(forgotten_at=None).update(forgotten_at=Now())
    told = WebhookEvent.objects.filter(customer_reference__in=customers.values("provider_reference"))
    told.update(raw_body=b"", updated_at=Now())
    return Erased(cards.update(brand="", last4="", exp_month=0, exp_year=0, is_default=False, updated_at=Now()))


register(
    Holding(
        name="payments",
        about="How you paid, what came back, what you reported of transfers and mobile payments; with their pictures.",
        export=export_payments,
        files=proofs,
        erase=erase_payments,
        obstacles=unfinished_payments,
        exports=[
            "payments.Payment",
            "payments.Refund",
            "payments.Dispute",
            "payments.PagoMovilClaim",
            "payments.TransferProof",
        ],
        erases=["payments.Payment.return_url", "payments.Payment.page_url"],
        keeps={
            "payments.PagoMovilClaim.phone": _EVIDENCE,
            "payments.PagoMovilClaim.document": _EVIDENCE,
            "payments.PagoMovilClaim.proof": _EVIDENCE,
            "payments.PagoMovilClaim.reported_by": "that the customer himself reported it; his row tells nothing",
            "payments.PagoMovilClaim.first_approved_by": _STAFF,
            "payments.PagoMovilClaim.reviewed_by": _STAFF,
            "payments.TransferProof.payer": _EVIDENCE,
            "payments.TransferProof.picture": _EVIDENCE,
            "payments.StatementLine.phone": _EVIDENCE,
            "payments.StatementLine.text": _EVIDENCE,
            "payments.WebhookEvent.raw_body": "a company's signed word about money; emptied for everybody after "
            "EVIDENCE_KEEP_DAYS",
            "payments.BankStatement.file": "the bank's own account of the shop's money: the books",
            "payments.BankStatement.uploaded_by": _STAFF,
            "payments.Case.resolved_by": _STAFF,
            "payments.PagoMovilRecipient.phone": "the shop's own account",
            "payments.PagoMovilRecipient.document": "the shop's own account",
            "payments.PagoMovilRecipient.holder": "the shop's own account",
            "payments.PagoMovilAssignment.phone": "the shop's own account, as the customer was told it",
            "payments.PagoMovilAssignment.document": "the shop's own account, as the customer was told it",
            "payments.PagoMovilAssignment.holder": "the shop's own account, as the customer was told it",
        },
        withheld={
            "payments.StatementLine": "the shop's bank account; what the customer reported of it is there",
            "payments.BankStatement": "the shop's bank account",
            "payments.WebhookEvent": "how companies talk to the shop; what they said of payments is there",
            "payments.Case": "the staff's own work",
            "payments.PagoMovilRecipient": "the shop's bank account",
            "payments.PagoMovilAssignment": "the shop's bank account",
        },
    ),
    Holding(
        name="saved_methods",
        about="Cards that you have left with a payment company: enough to recognise them, never the number.",
        export=export_saved_methods,
        erase=erase_saved_methods,
        exports=["payments.ProviderCustomer", "payments.SavedMethod"],
        erases=["payments.SavedMethod.last4", "payments.SavedMethod.brand"],
        keeps={
            "payments.ProviderCustomer.user": "by which name the company knew the person, to have it forget him and to "
            "recognise what it still says"
        },
    ),
)
