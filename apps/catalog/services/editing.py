"""A product as a back office saves it: its fields and whether it is shown, against the version that was read."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from apps.catalog.drafts import ProductDraft
from apps.catalog.exceptions import ProductChangedSince, ProductInvalid
from apps.catalog.models import Product, ProductStatus
from apps.catalog.services.locks import hold_shelves_still, rearrange_shelves
from apps.catalog.services.products import archive_product, create_product, publish_product, update_product
from apps.catalog.services.saving import lock_products
from apps.stores.models import Store


@transaction.atomic
def add_product(*, store: Store, draft: ProductDraft, status: ProductStatus = ProductStatus.DRAFT) -> Product:
    """Make a product, and show it at once if it begins as published.

    Raises:
        ProductInvalid: the draft is faulty, or its slug or a SKU is taken.
        ProductNotPublishable: it has nothing to sell.
    """
    return _become(create_product(store=store, draft=draft), status)


@transaction.atomic
def edit_product(
    *, product_id: int, version: str | None, status: ProductStatus | None = None, **changes: Any
) -> Product:
    """Change some fields, named and shaped as in `ProductDraft`, and the status, if nobody did since `version`.

    Raises:
        ProductNotFound: there is none.
        ProductChangedSince: it has another version by now.
        ProductInvalid: the product would be faulty.
        ProductNotPublishable: it has nothing to sell, or is deleted.
    """
    if "categories" in changes:
        rearrange_shelves()  # some may have to be made, and that lock comes before the product's
    hold_shelves_still()
    found = lock_products(Product.objects.filter(pk=product_id))
    if found and version not in (None, found[0].version):
        raise ProductChangedSince(found[0].version)
    product = update_product(product_id=product_id, **changes)
    return product if status is None else _become(product, status)


def _become(product: Product, status: ProductStatus) -> Product:
    if status == product.status:
        return product
    if status == ProductStatus.PUBLISHED:
        return publish_product(product_id=product.pk)
    if status == ProductStatus.ARCHIVED:
        return archive_product(product_id=product.pk)
    raise ProductInvalid({"status": ["What was in the shop is no draft any more; archive it."]})
