"""What can happen to an order. Locks: the order first, then inventory's rows; payments are told by events."""

from apps.orders.services.base import SHOP, lock_order
from apps.orders.services.clock import expire_due_orders, expire_if_due, restart_clock, stop_clock
from apps.orders.services.ending import cancel_order, erase_customer_of
from apps.orders.services.money import Receipt, accept_unpaid, receive_payment, record_refund, return_part, return_parts
from apps.orders.services.placing import mark_payment_begun, place_order
from apps.orders.services.popularity import rank_products
from apps.orders.services.sending import complete_order, give_up_units, ship_order, start_processing

__all__ = [
    "SHOP",
    "Receipt",
    "accept_unpaid",
    "cancel_order",
    "complete_order",
    "erase_customer_of",
    "expire_due_orders",
    "expire_if_due",
    "give_up_units",
    "lock_order",
    "mark_payment_begun",
    "place_order",
    "rank_products",
    "receive_payment",
    "record_refund",
    "restart_clock",
    "return_part",
    "return_parts",
    "ship_order",
    "start_processing",
    "stop_clock",
]
