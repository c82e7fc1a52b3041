"""Payments, refunds, the webhook inbox, cases and disputes that need a person, and the books."""

from apps.payments.models.cases import Case, CaseKind, Dispute, DisputeStatus
from apps.payments.models.inbox import WebhookEvent, WebhookStatus
from apps.payments.models.ledger import Account, LedgerEntry, LedgerTransaction
from apps.payments.models.pago_movil import (
    APPROVED_CLAIMS,
    NEXT_CLAIM_STATES,
    OPEN_CLAIMS,
    VES,
    Bank,
    BankStatement,
    ClaimState,
    PagoMovilAssignment,
    PagoMovilClaim,
    PagoMovilClaimEvent,
    PagoMovilRecipient,
    StatementLayout,
    StatementLine,
)
from apps.payments.models.payments import (
    LIVE_PAYMENTS,
    NEXT_PAYMENT_STATUSES,
    REJECTED_BY_STAFF,
    Payment,
    PaymentStatus,
)
from apps.payments.models.proofs import TransferProof
from apps.payments.models.refunds import OrderRefund, Refund, RefundLine, RefundStatus
from apps.payments.models.saved import ProviderCustomer, SavedMethod

__all__ = [
    "APPROVED_CLAIMS",
    "LIVE_PAYMENTS",
    "NEXT_CLAIM_STATES",
    "NEXT_PAYMENT_STATUSES",
    "OPEN_CLAIMS",
    "REJECTED_BY_STAFF",
    "VES",
    "Account",
    "Bank",
    "BankStatement",
    "Case",
    "CaseKind",
    "ClaimState",
    "Dispute",
    "DisputeStatus",
    "LedgerEntry",
    "LedgerTransaction",
    "OrderRefund",
    "PagoMovilAssignment",
    "PagoMovilClaim",
    "PagoMovilClaimEvent",
    "PagoMovilRecipient",
    "Payment",
    "PaymentStatus",
    "ProviderCustomer",
    "Refund",
    "RefundLine",
    "RefundStatus",
    "SavedMethod",
    "StatementLayout",
    "StatementLine",
    "TransferProof",
    "WebhookEvent",
    "WebhookStatus",
]
