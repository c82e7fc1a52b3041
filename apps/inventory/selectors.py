"""How many units a shopper may still have, where they run out, and who keeps which stock."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db.models import F, QuerySet

from apps.catalog.exceptions import ProductNotFound
from apps.catalog.models import ProductStatus, ProductVariant
from apps.inventory.exceptions import StockItemNotFound, StockLocationNotFound
from apps.inventory.models import StockItem, StockLocation
from apps.stores import selectors as store_selectors
from apps.stores.models import Store, StoreAction

VIEW, CHANGE = "inventory.view_stockitem", "inventory.change_stockitem"


def free_units(variant_id: str) -> str:
    """SQL for the units of a variant, given as a column, that are free over all locations; 0 without a stock item.

    A hold whose window is over binds nobody, whether or not the sweeper has come by (invariant D2).
    """
    return f"""COALESCE((
        SELECT SUM(stock.on_hand - stock.reserved - stock.committed + COALESCE((
            SELECT SUM(hold.quantity) FROM inventory_reservation hold
            WHERE hold.stock_item_id = stock.id AND hold.status = 'reserved'
              AND hold.expires_at < statement_timestamp()), 0))::int
        FROM inventory_stockitem stock WHERE stock.variant_id = {variant_id}), 0)"""  # noqa: S608  a column's name


def low_stock() -> QuerySet[StockItem]:
    """Items of goods on sale of which no more are free than their threshold says."""
    return StockItem.objects.filter(
        on_hand__lte=F("reserved") + F("committed") + F("low_stock_threshold"),
        variant__is_active=True,
        variant__product__status=ProductStatus.PUBLISHED,
        variant__product__deleted_at=None,
        variant__product__store__is_active=True,
    )


def stock() -> QuerySet[StockItem]:
    return StockItem.objects.select_related("variant__product", "location__store")


def stock_kept_by(user: Any) -> QuerySet[StockItem]:
    """All for staff who may see stock, else that of the stores where one works."""
    if user.has_perm(VIEW):
        return stock()
    return stock().filter(location__store__in=store_selectors.stores_where(user, StoreAction.LOOK))


def find_item(*, item_id: UUID, user: Any, to: str = VIEW) -> StockItem:
    """The stock item of that id, for somebody who wants `to` do something with it.

    Raises:
        StockItemNotFound: there is none, or it is not the caller's to know of.
        PermissionDenied: the caller may look at it only.
    """
    item = stock_kept_by(user).filter(public_id=item_id).first()
    if item is None:
        raise StockItemNotFound("There is no such stock item.")
    if to != VIEW:
        _require(user, item.location.store, "You may look at this stock, but not change it.")
    return item


def find_variant(*, sku: str, user: Any) -> ProductVariant:
    """The variant of that SKU, for somebody who brings units of it.

    Raises:
        ProductNotFound: there is none, or it is of a store that is not the caller's.
        PermissionDenied: the caller may look at its stock only.
    """
    variants = ProductVariant.objects.select_related("product__store")
    if not user.has_perm(VIEW):
        stores = store_selectors.stores_where(user, StoreAction.LOOK)
        variants = variants.filter(product__store__in=stores)
    variant = variants.filter(sku=sku).first()
    if variant is None:
        raise ProductNotFound("There is no variant with this SKU.")
    _require(user, variant.product.store, "You may look at this stock, but not change it.")
    return variant


def find_location(*, store: Store, code: str) -> StockLocation:
    """The store's place of that code; without one its first. Raises StockLocationNotFound."""
    places = StockLocation.objects.filter(store=store).order_by("pk")
    place = (places.filter(code=code) if code else places).first()
    if place is None:
        raise StockLocationNotFound(f"{store} has no such place; staff make one in the admin.")
    return place


def _require(user: Any, store: Store, sentence: str) -> None:
    if not (user.has_perm(CHANGE) or store_selectors.can(user, store, StoreAction.SELL)):
        raise PermissionDenied(sentence)
