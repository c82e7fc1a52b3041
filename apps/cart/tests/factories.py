import factory

from apps.cart.models import Cart, CartItem
from apps.cart.selectors import hash_token
from apps.catalog.tests.factories import ProductVariantFactory


class CartFactory(factory.django.DjangoModelFactory):
    """A guest's empty cart with a token of one's choice; with a `user`, that person's."""

    class Meta:
        model = Cart

    class Params:
        token = factory.Sequence(lambda n: f"token-{n}")

    user = None
    token_hash = factory.LazyAttribute(lambda cart: None if cart.user else hash_token(cart.token))


class CartItemFactory(factory.django.DjangoModelFactory):
    """One unit at the price of today."""

    class Meta:
        model = CartItem

    cart = factory.SubFactory(CartFactory)
    variant = factory.SubFactory(ProductVariantFactory)
    quantity = 1
    seen_price_amount = factory.SelfAttribute("variant.price_amount")
