"""Payments, refunds, the webhook inbox, cases and disputes that need a person, and the books."""

from apps.payments.models.cases import Case, CaseKind, Dispute, DisputeStatus
from apps.payments.models.inbox import WebhookEvent, WebhookStatus
from apps.payments.models.ledger import Account, LedgerEntry, LedgerTransaction
from apps.payments.models.payments import (
    LIVE_PAYMENTS,
    NEXT_PAYMENT_STATUSES,
    Payment,
    PaymentStatus,
)
from apps.payments.models.refunds import OrderRefund, Refund, RefundLine, RefundStatus
from apps.payments.models.saved import ProviderCustomer, SavedMethod

__all__ = [
    "LIVE_PAYMENTS",
    "NEXT_PAYMENT_STATUSES",
    "Account",
    "Case",
    "CaseKind",
    "Dispute",
    "DisputeStatus",
    "LedgerEntry",
    "LedgerTransaction",
    "OrderRefund",
    "Payment",
    "PaymentStatus",
    "ProviderCustomer",
    "Refund",
    "RefundLine",
    "RefundStatus",
    "SavedMethod",
    "WebhookEvent",
    "WebhookStatus",
]
