from dataclasses import replace
from decimal import Decimal

from apps.catalog import services as catalog
from apps.catalog.models import ProductVariant
from apps.catalog.services.saving import drafts_of
from apps.inventory.models import StockItem
from apps.inventory.tests.factories import StockItemFactory
from apps.wishlists import services
from apps.wishlists.models import AlertKind


def goods(slug="rx", price="20.00", on_hand=5, **fields):
    """A product of one variant, with units on the shelf."""
    names = {"variant__product__slug": slug, "variant__product__name": slug.upper(), "variant__sku": f"{slug}-1"}
    item = StockItemFactory(on_hand=on_hand, variant__price_amount=Decimal(price), **{**names, **fields})
    return item.variant.product


def sister(product, price, *, options=None, on_hand=0):
    """Another variant of the product."""
    variant = ProductVariant.objects.create(
        product=product, sku=f"{product.slug}-{price}", price_amount=Decimal(price), options=options or {"Size": "L"}
    )
    StockItemFactory(variant=variant, on_hand=on_hand)
    catalog.rebuild_documents(product_ids=[product.pk])
    return variant


def set_price(product, price):
    """As staff set it, for all variants."""
    variants = drafts_of([product])[product.pk].variants
    changed = tuple(replace(variant, price_amount=Decimal(price)) for variant in variants)
    catalog.update_product(product_id=product.pk, variants=changed)


def set_free(product, units):
    """So many units can be bought, whatever became of the others."""
    StockItem.objects.filter(variant__product=product).update(on_hand=units, reserved=0, committed=0)


def ask(user, product, kind=AlertKind.PRICE_DROP, **options):
    return services.ask_for_alert(user=user, kind=kind, product_id=product.pk, **options)
