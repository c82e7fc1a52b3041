"""What can happen to money.

Locks: the payment first, then its order, then inventory's rows; several payments by primary key. Orders that expire or
are cancelled lock no payment: they announce it, and we hear it. No provider is called while a lock is held.
"""

from apps.payments.providers import begins_when_saved
from apps.payments.services.attempts import start_first_payment, start_or_replace, start_payment, tell_next_action
from apps.payments.services.cases import resolve_case
from apps.payments.services.evidence import delete_old_evidence, erase_evidence, forget_person
from apps.payments.services.inbox import Replay, apply_webhook, receive_webhook, replay_webhooks
from apps.payments.services.judging import Unwanted
from apps.payments.services.manual import (
    accept_set_aside,
    confirm_manual_payment,
    confirm_manual_refund,
    reject_manual_payment,
)
from apps.payments.services.methods import PaymentMethod, payment_methods, require_known_origin
from apps.payments.services.opening import (
    asking_currency,
    close_attempts,
    new_attempt,
    open_payment,
    payment_window,
    quote_order,
)
from apps.payments.services.order_refunds import refund_order_lines
from apps.payments.services.recipients import SavedRecipient, save_recipient
from apps.payments.services.reconciling import Difference, reconcile_open_payments, reconcile_recent_payments
from apps.payments.services.refunds import execute_refund, refund_order, refund_parts, request_refund
from apps.payments.services.saved_methods import (
    begin_saving,
    forget_method,
    make_default,
    refresh_saved_methods,
)
from apps.payments.services.settling import settle_payment, void_payment
from apps.payments.services.transfers import TransferReport, report_transfer

__all__ = [
    "Difference",
    "PaymentMethod",
    "Replay",
    "SavedRecipient",
    "TransferReport",
    "Unwanted",
    "accept_set_aside",
    "apply_webhook",
    "asking_currency",
    "begin_saving",
    "begins_when_saved",
    "close_attempts",
    "confirm_manual_payment",
    "confirm_manual_refund",
    "delete_old_evidence",
    "erase_evidence",
    "execute_refund",
    "forget_method",
    "forget_person",
    "make_default",
    "new_attempt",
    "open_payment",
    "payment_methods",
    "payment_window",
    "quote_order",
    "receive_webhook",
    "reconcile_open_payments",
    "reconcile_recent_payments",
    "refresh_saved_methods",
    "refund_order",
    "refund_order_lines",
    "refund_parts",
    "reject_manual_payment",
    "replay_webhooks",
    "report_transfer",
    "request_refund",
    "require_known_origin",
    "resolve_case",
    "save_recipient",
    "settle_payment",
    "start_first_payment",
    "start_or_replace",
    "start_payment",
    "tell_next_action",
    "void_payment",
]
