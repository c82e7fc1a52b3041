from apps.common.exceptions import Conflict, Invalid, NotFound


class CartNotActive(Conflict):
    code = "cart-not-active"
    title = "This cart cannot be changed any more"


class CartItemNotFound(NotFound):
    code = "cart-item-not-found"
    title = "There is no such item in the cart"


class VariantNotFound(NotFound):
    code = "variant-not-found"
    title = "There is no such variant on sale"


class QuantityOutOfRange(Invalid):
    code = "quantity-out-of-range"
    title = "A cart holds 1 to 999 units of a variant"
