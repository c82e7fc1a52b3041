"""The catalogue as those see it who keep it: staff by their permissions, members of a store in that store."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db.models import Prefetch, Q, QuerySet

from apps.catalog.drafts import CategoryPath
from apps.catalog.exceptions import ProductNotFound
from apps.catalog.models import Category, Product, ProductVariant
from apps.stores import selectors as store_selectors
from apps.stores.exceptions import StoreNotFound
from apps.stores.models import Store, StoreAction

VIEW = "catalog.view_product"
ADD, CHANGE, DELETE = "catalog.add_product", "catalog.change_product", "catalog.delete_product"


def products_kept_by(user: Any) -> QuerySet[Product]:
    """Drafts and deleted ones too: all for staff who may see products, else those of the stores where one works."""
    products = Product.objects.select_related("store", "product_type").prefetch_related(
        "categories", "tags", Prefetch("variants", ProductVariant.objects.order_by("position", "pk"))
    )
    if user.has_perm(VIEW):
        return products
    return products.filter(store__in=store_selectors.stores_where(user, StoreAction.LOOK))


def find_product(*, name: str, user: Any, to: str = VIEW) -> Product:
    """The product with that slug or id, for somebody who wants `to` do something with it.

    Raises:
        ProductNotFound: there is none, or it is not the caller's to know of.
        PermissionDenied: the caller may look at it only.
    """
    product = products_kept_by(user).filter(_named(name)).first()
    if product is None:
        raise ProductNotFound("There is no such product.")
    if to != VIEW and not (user.has_perm(to) or store_selectors.can(user, product.store, StoreAction.SELL)):
        raise PermissionDenied("You may look at this product, but not change it.")
    return product


def _named(name: str) -> Q:
    try:
        return Q(public_id=UUID(name))
    except ValueError:
        return Q(slug=name)


def stores_to_sell_in(user: Any, permission: str = ADD) -> QuerySet[Store]:
    """Where a person may put products: everywhere by permission, else where he sells."""
    return (
        Store.objects.all() if user.has_perm(permission) else store_selectors.stores_where(user, StoreAction.SELL)
    ).order_by("-is_default", "pk")


def find_store_to_sell_in(*, slug: str, user: Any, permission: str = ADD) -> Store:
    """The store of that slug; without one the default store, or else the first of the caller's.

    Raises:
        StoreNotFound: there is none, or the caller does not sell in it.
    """
    stores = stores_to_sell_in(user, permission)
    store = (stores.filter(slug=slug) if slug else stores).first()
    if store is None:
        raise StoreNotFound
    return store


def paths_by_slug(slugs: Collection[str]) -> dict[str, CategoryPath]:
    """The way to each of these categories, as names from the root; one that does not exist is left out."""
    found = Category.objects.filter(slug__in=slugs)
    steps = {step for category in found for step in Category.steps_to(category.path)}
    names = dict(Category.objects.filter(path__in=steps).values_list("path", "name"))
    return {category.slug: tuple(names[step] for step in Category.steps_to(category.path)) for category in found}
