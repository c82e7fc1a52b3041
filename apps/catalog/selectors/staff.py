"""The catalogue as those see it who keep it: staff by their permissions, members of a store in that store."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet

from apps.catalog.drafts import CategoryPath
from apps.catalog.exceptions import ProductNotFound
from apps.catalog.models import Category, Product, ProductVariant, RelatedProduct
from apps.stores import selectors as store_selectors
from apps.stores.exceptions import StoreNotFound
from apps.stores.models import Store, StoreAction

VIEW = "catalog.view_product"
ADD, CHANGE, DELETE = "catalog.add_product", "catalog.change_product", "catalog.delete_product"


def products_kept_by(user: Any) -> QuerySet[Product]:
    """Drafts and deleted ones too: all for staff who may see products, else those of the stores where one works."""
    products = Product.objects.select_related("store", "product_type").prefetch_related(
        "categories",
        "tags",
        Prefetch("variants", ProductVariant.objects.order_by("position", "pk")),
        Prefetch("related", RelatedProduct.objects.select_related("related").order_by("position", "pk")),
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


def products_where(products: QuerySet[Product], where: Mapping[str, str]) -> QuerySet[Product]:
    """Those that fit: `search` in name or SKU, `category` with those below, `tag`, `product_type`, `status`."""
    narrow: dict[str, Callable[[str], Q]] = {
        "search": _with_words,
        "category": _in_category,
        "tag": lambda slug: Q(Exists(_tagged().filter(product=OuterRef("pk"), tag__slug=slug))),
        "product_type": lambda code: Q(product_type__code=code),
        "status": lambda status: Q(status=status),
    }
    for name, value in where.items():
        products = products.filter(narrow[name](value))
    return products


def _with_words(words: str) -> Q:
    sold = ProductVariant.objects.filter(product=OuterRef("pk"), sku__icontains=words)
    return Q(name__icontains=words) | Q(Exists(sold))


def _in_category(slug: str) -> Q:
    path = Category.objects.filter(slug=slug).values_list("path", flat=True).first()
    if path is None:
        return Q(pk=None)
    inside = Category.objects.filter(path__startswith=path)
    return Q(Exists(Product.categories.through.objects.filter(product=OuterRef("pk"), category__in=inside)))


def _tagged() -> QuerySet[Any]:
    return Product.tags.through.objects.all()


def paths_by_slug(slugs: Collection[str]) -> dict[str, CategoryPath]:
    """The way to each of these categories, as names from the root; one that does not exist is left out."""
    found = Category.objects.filter(slug__in=slugs)
    steps = {step for category in found for step in Category.steps_to(category.path)}
    names = dict(Category.objects.filter(path__in=steps).values_list("path", "name"))
    return {category.slug: tuple(names[step] for step in Category.steps_to(category.path)) for category in found}
