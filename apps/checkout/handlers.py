from apps.cart import services as cart_services
from apps.orders import selectors as order_selectors
from apps.orders.events import OrderExpired
from apps.outbox.events import handles


@handles(OrderExpired)
def bring_the_cart_back(event: OrderExpired) -> None:
    """An order that nobody paid gives the shopper his cart again."""
    order = order_selectors.get_order(order_id=event.order_id)
    cart_services.reopen(cart_public_id=order.cart_id)
