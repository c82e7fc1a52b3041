"""Prices of many variants, each from what somebody saw to what it shall be."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal

from django.db import transaction
from django.db.models import Max
from django.db.models.functions import Now

from apps.catalog.models import Offer, Product, ProductVariant
from apps.catalog.services.documents import rebuild_documents
from apps.catalog.services.locks import hold_shelves_still
from apps.catalog.services.saving import lock_products
from apps.common.money import Money


@dataclass(frozen=True, slots=True)
class PriceChange:
    variant_id: int
    before: Decimal
    after: Decimal


@transaction.atomic
def change_prices(*, changes: Collection[PriceChange]) -> dict[int, str]:
    """Change each price that is still as it was seen (compare and set); the others stay.

    Returns why a variant's price stays, by the variant's key. Whoever writes variants holds their product's row, so
    that what is compared here does not change until it is written.
    """
    hold_shelves_still()
    wanted = {change.variant_id: change for change in changes}
    lock_products(Product.objects.filter(pk__in=ProductVariant.objects.filter(pk__in=wanted).values("product_id")))
    variants = ProductVariant.objects.filter(pk__in=wanted).select_related("product").in_bulk()
    dearest = Offer.objects.not_over().filter(variant__in=wanted).values_list("variant").annotate(Max("price_amount"))
    offered = dict(dearest)
    refused, changed = {}, []
    for key, change in wanted.items():
        reason = _why_not(variants.get(key), change, offered.get(key))
        if reason:
            refused[key] = reason
            continue
        variants[key].price_amount, variants[key].updated_at = change.after, Now()
        changed.append(variants[key])
    ProductVariant.objects.bulk_update(changed, ["price_amount", "updated_at"])
    products = {variant.product_id for variant in changed}
    Product.objects.filter(pk__in=products).update(updated_at=Now())
    rebuild_documents(product_ids=products)
    return refused


def _why_not(variant: ProductVariant | None, change: PriceChange, offered: Decimal | None) -> str:
    if variant is None or not variant.is_active or variant.product.deleted_at is not None:
        return "It is not sold any more."
    if variant.price_amount != change.before:
        return f"It is {variant.price} now: somebody has changed it since."
    if variant.compare_at_amount is not None and change.after >= variant.compare_at_amount:
        return f"It would not be below the price before the offer, {variant.compare_at}."
    if offered is not None and change.after <= offered:
        return f"It has an offer for {Money(offered, variant.currency)} that is not over; it must stay above that."
    return ""
