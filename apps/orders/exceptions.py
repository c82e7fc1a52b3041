from apps.common.exceptions import Conflict, NotFound


class OrderTransitionNotAllowed(Conflict):
    code = "order-transition-not-allowed"
    title = "The order cannot change to that status"

    def __init__(self, *, number: str, current: str, wanted: str) -> None:
        super().__init__(f"Order {number} is {current} and cannot become {wanted}.", status_now=current)


class OrderNotFound(NotFound):
    code = "order-not-found"
    title = "There is no such order"


class OrderLineNotFound(NotFound):
    code = "order-line-not-found"
    title = "The order has no such line"


class UnitsNotLeft(Conflict):
    """Sent already, or given up: whoever wants to send or give up more than is left came too late."""

    code = "units-not-left"
    title = "So many units are not left to send"


class OrderPartlySent(Conflict):
    code = "order-partly-sent"
    title = "A part of the order has been sent"


class CartAlreadyOrdered(Conflict):
    code = "cart-already-ordered"
    title = "This cart has become an order already"


class OrderHasExpired(Conflict):
    """A part of the price came after the window had ended; the rest of the order is gone with it."""

    code = "order-has-expired"
    title = "The order has expired"
