"""A catalogue of any size for measuring: the demo's products over and over, each time a little different."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

from django.db import transaction

from apps.bulk.product_files import read_products
from apps.catalog import services as catalog_services
from apps.catalog.drafts import ProductDraft, VariantDraft
from apps.catalog.models import Product, ProductVariant
from apps.inventory import services as inventory_services
from apps.operations.demo import CATALOGUE, FIXTURES
from apps.stores.models import Store

AT_ONCE = 5000


def add_generated_products(store: Store, *, up_to: int, progress: Callable[[int, int], None]) -> int:
    """Bring the demo catalogue to `up_to` products, in steps that a second run goes on from; returns how many are new.

    The number of a product decides all about it, so that two machines measure the same catalogue.
    """
    models = [entry.draft for entry in read_products(FIXTURES / CATALOGUE, currency=store.base_currency).entries]
    made = 0
    for start in range(len(models), up_to, AT_ONCE):
        numbers = range(start, min(start + AT_ONCE, up_to))
        made += _add(store, {number: models[number % len(models)] for number in numbers})
        progress(numbers.stop, up_to)
    return made


def _add(store: Store, models: dict[int, ProductDraft]) -> int:
    """Save those that are missing, with a picture of their model and with stock; all or none."""
    drafts = {number: _draft(model, number) for number, model in models.items()}
    slugs = [draft.slug for draft in drafts.values()]
    there = set(Product.objects.filter(slug__in=slugs).values_list("slug", flat=True))
    new = {number: draft for number, draft in drafts.items() if draft.slug not in there}
    keys = dict(Product.objects.filter(slug__in={model.slug for model in models.values()}).values_list("slug", "pk"))
    with transaction.atomic():
        catalog_services.save_products(
            store=store,
            drafts=list(new.values()),
            pictures_of_new={draft.slug: keys[models[number].slug] for number, draft in new.items()},
        )
        _count_in(store, {variant.sku: number for number, draft in new.items() for variant in draft.variants})
    return len(new)


def _count_in(store: Store, number_of: dict[str, int]) -> None:
    location = inventory_services.ensure_default_location(store=store)
    variants = ProductVariant.objects.filter(sku__in=number_of).values_list("sku", "pk")
    receipts = [(pk, location.pk, number_of[sku] * 7 % 41) for sku, pk in variants]
    if receipts:
        inventory_services.receive_stock(receipts=receipts, note="Demo catalogue")


def _draft(model: ProductDraft, number: int) -> ProductDraft:
    return replace(
        model,
        slug=f"{model.slug[:120]}-{number}",
        name=f"{model.name} No. {number}",
        is_featured=number % 20 == 0,
        variants=tuple(_variant(variant, number) for variant in model.variants),
    )


def _variant(model: VariantDraft, number: int) -> VariantDraft:
    price = model.price_amount + Decimal(number % 97) / 4
    return replace(
        model,
        sku=f"{model.sku}-{number}",
        price_amount=price,
        compare_at_amount=price + 5 if model.compare_at_amount else None,
    )
