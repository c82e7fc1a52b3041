"""Who may see what of payments, and what waits for staff. Pago Móvil has its own: selectors.pago_movil."""

from apps.payments.selectors.payments import (
    find_payment,
    find_refund,
    get_payment,
    kept_webhooks,
    payments_visible_to,
    transfers_to_verify,
)

__all__ = ["find_payment", "find_refund", "get_payment", "kept_webhooks", "payments_visible_to", "transfers_to_verify"]
