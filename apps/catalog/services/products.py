"""One product: made, changed, shown, hidden, deleted and brought back."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models.functions import Now

from apps.catalog.drafts import ProductDraft
from apps.catalog.events import ProductDeleted, ProductRestored
from apps.catalog.exceptions import (
    ProductInvalid,
    ProductNotFound,
    ProductNotPublishable,
    ProductWindowInvalid,
    SlugNotGivenUp,
)
from apps.catalog.models import Product, ProductSlug, ProductStatus
from apps.catalog.services.checking import check_pairs
from apps.catalog.services.documents import rebuild_documents
from apps.catalog.services.locks import hold_shelves_still, rearrange_shelves
from apps.catalog.services.saving import drafts_of, lock_products, save_one
from apps.outbox import services as outbox
from apps.stores.models import Store


@transaction.atomic
def create_product(*, store: Store, draft: ProductDraft) -> Product:
    """Make a product that nobody sees until it is published.

    Raises:
        ProductInvalid: the draft is faulty, or its slug or a SKU is taken.
    """
    return save_one(store=store, product=None, draft=_sound(None, draft))


@transaction.atomic
def update_product(*, product_id: int, **changes: Any) -> Product:
    """Change some fields of a product, named and shaped as in `ProductDraft`.

    Raises:
        ProductNotFound: there is none.
        ProductInvalid: the product would be faulty.
    """
    if "categories" in changes:
        rearrange_shelves()  # some may have to be made, and that lock comes before the product's
    product = _locked(product_id)
    draft = replace(drafts_of([product])[product_id], **changes)
    return save_one(store=product.store, product=product, draft=_sound(product_id, draft))


def _sound(product_id: int | None, draft: ProductDraft) -> ProductDraft:
    checked = check_pairs([(product_id, draft)])
    if checked.faulty:
        raise ProductInvalid(checked.faulty[0])
    return checked.sound[0]


@transaction.atomic
def publish_product(*, product_id: int) -> Product:
    """Show a product in the shop; the first time counts as its date.

    Raises:
        ProductNotPublishable: it has nothing to sell or is deleted, or its store is closed.
    """
    product = _locked(product_id)
    if product.deleted_at is not None:
        raise ProductNotPublishable(f"{product.name} is deleted; restore it first.")
    if not product.store.is_active:
        raise ProductNotPublishable(f"{product.store} is not open yet.")
    if not product.variants.filter(is_active=True).exists():
        raise ProductNotPublishable(f"{product.name} has no variant that could be bought.")
    return _change(product, status=ProductStatus.PUBLISHED, published_at=product.published_at or Now())


@transaction.atomic
def archive_product(*, product_id: int) -> Product:
    """Take a product out of the shop and keep it for later."""
    return _change(_locked(product_id), status=ProductStatus.ARCHIVED)


@transaction.atomic
def set_publication_window(
    *, product_id: int, publish_from: datetime | None = None, publish_until: datetime | None = None
) -> Product:
    """Say from when and until when shoppers may see and buy a published product; the clock does the rest.

    Raises:
        ProductNotFound: there is none.
        ProductWindowInvalid: it would end before it begins.
    """
    product = _locked(product_id)
    if publish_from is not None and publish_until is not None and publish_until <= publish_from:
        sentence = "It must end after it begins."
        raise ProductWindowInvalid(sentence, errors={"publish_until": [sentence]})
    return _change(product, publish_from=publish_from, publish_until=publish_until)


@transaction.atomic
def delete_product(*, product_id: int) -> Product:
    """Take a product away softly: orders still know it, its slugs and SKUs stay taken, and `restore_product` brings it
    back. Twice is once.
    """
    product = _locked(product_id)
    if product.deleted_at is not None:
        return product
    outbox.publish(ProductDeleted(product_id=product_id))
    return _change(product, deleted_at=Now())


@transaction.atomic
def restore_product(*, product_id: int) -> Product:
    """Bring a deleted product back with the status it had. Twice is once."""
    product = _locked(product_id)
    if product.deleted_at is None:
        return product
    outbox.publish(ProductRestored(product_id=product_id))
    return _change(product, deleted_at=None)


@transaction.atomic
def give_up_slug(*, product_id: int, slug: str) -> None:
    """Let go of a slug that the product had once, so that another one may take it; old links then lead nowhere.

    Raises:
        SlugNotGivenUp: it is the product's slug now, or was never one of it.
    """
    product = _locked(product_id)
    former = ProductSlug.objects.filter(product=product, slug=slug).exclude(slug=product.slug)
    if not former.delete()[0]:
        raise SlugNotGivenUp(f"“{slug}” is no former address of {product.name}.")


def _locked(product_id: int) -> Product:
    hold_shelves_still()
    found = lock_products(Product.objects.filter(pk=product_id))
    if not found:
        raise ProductNotFound("There is no such product.")
    return found[0]


def _change(product: Product, **values: Any) -> Product:
    Product.objects.filter(pk=product.pk).update(updated_at=Now(), **values)
    rebuild_documents(product_ids=[product.pk])
    product.refresh_from_db()
    return product
