"""Money as staff see it: rows are read, and buttons ask the services for what a person has to decide."""

from apps.payments.admin.books import LedgerTransactionAdmin
from apps.payments.admin.cases import CaseAdmin
from apps.payments.admin.disputes import DisputeAdmin
from apps.payments.admin.inbox import WebhookEventAdmin
from apps.payments.admin.pago_movil import PagoMovilClaimAdmin
from apps.payments.admin.pago_movil_accounts import (
    BankAdmin,
    BankStatementAdmin,
    PagoMovilRecipientAdmin,
    StatementLayoutAdmin,
    StatementLineAdmin,
)
from apps.payments.admin.payments import PaymentAdmin
from apps.payments.admin.refunds import RefundAdmin

__all__ = [
    "BankAdmin",
    "BankStatementAdmin",
    "CaseAdmin",
    "DisputeAdmin",
    "LedgerTransactionAdmin",
    "PagoMovilClaimAdmin",
    "PagoMovilRecipientAdmin",
    "PaymentAdmin",
    "RefundAdmin",
    "StatementLayoutAdmin",
    "StatementLineAdmin",
    "WebhookEventAdmin",
]
