"""What can happen to money.

Locks: the payment first, then its order, then inventory's rows; several payments by primary key. Orders that expire or
are cancelled lock no payment: they announce it, and we hear it. No provider is called while a lock is held.
"""

from apps.payments.services.attempts import (
    close_attempts,
    new_attempt,
    open_payment,
    payment_window,
    settle_payment,
    start_payment,
    tell_next_action,
    void_payment,
)
from apps.payments.services.cases import resolve_case
from apps.payments.services.inbox import apply_webhook, receive_webhook
from apps.payments.services.judging import Unwanted
from apps.payments.services.manual import confirm_manual_payment, confirm_manual_refund, reject_manual_payment
from apps.payments.services.reconciling import Difference, reconcile_open_payments, reconcile_recent_payments
from apps.payments.services.refunds import execute_refund, refund_order, request_refund

__all__ = [
    "Difference",
    "Unwanted",
    "apply_webhook",
    "close_attempts",
    "confirm_manual_payment",
    "confirm_manual_refund",
    "execute_refund",
    "new_attempt",
    "open_payment",
    "payment_window",
    "receive_webhook",
    "reconcile_open_payments",
    "reconcile_recent_payments",
    "refund_order",
    "reject_manual_payment",
    "request_refund",
    "resolve_case",
    "settle_payment",
    "start_payment",
    "tell_next_action",
    "void_payment",
]
