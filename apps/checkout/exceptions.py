from apps.common.exceptions import Conflict, Invalid


class CartIsEmpty(Invalid):
    code = "cart-is-empty"
    title = "There is nothing to buy"


class VariantNotForSale(Conflict):
    code = "variant-not-for-sale"
    title = "Something in the cart is no longer sold"


class ShippingMethodNotOffered(Invalid):
    code = "shipping-method-not-offered"
    title = "That way of sending is not offered there"


class TotalChanged(Conflict):
    code = "total-changed"
    title = "The total is not what the customer saw"
