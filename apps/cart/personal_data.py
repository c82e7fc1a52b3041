"""What somebody meant to buy."""

from __future__ import annotations

from typing import Any

from apps.cart.models import Cart, CartItem
from apps.common.personal_data import Erased, Holding, Person, register


def export_carts(person: Person) -> Any:
    items = CartItem.objects.filter(cart__user_id=person.user_id).order_by("pk")
    shown = "cart__public_id cart__status variant__sku variant__product__name quantity seen_price_amount created_at"
    return list(items.values(*shown.split()))


def erase_carts(person: Person) -> Erased:
    return Erased(Cart.objects.filter(user_id=person.user_id).delete()[0])


register(
    Holding(
        name="carts",
        about="What lies, and lay, in your carts.",
        export=export_carts,
        erase=erase_carts,
        exports=["cart.Cart"],
        erases=["cart.Cart.user"],
    )
)
