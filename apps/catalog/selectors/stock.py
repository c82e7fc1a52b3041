"""What can be bought now, as SQL for other statements.

Stock lies in inventory, which is built upon the catalogue and not imported here: these expressions look up along its
foreign keys, by the same rule as `inventory.selectors`: a hold whose window is over binds nobody, whether or not the
sweeper has come by (invariant D2).
"""

FREE = """s.on_hand - s.reserved - s.committed + COALESCE((
    SELECT SUM(r.quantity) FROM inventory_reservation r
    WHERE r.stock_item_id = s.id AND r.status = 'reserved' AND r.expires_at < statement_timestamp()), 0)"""
"""Free units of the stock item `s`."""

# Most items answer by the first comparison; holds are only looked at where there are some.
_IN_STOCK = f"""EXISTS (
    SELECT 1 FROM catalog_productvariant v JOIN inventory_stockitem s ON s.variant_id = v.id
    WHERE v.product_id = {{document}}.product_id AND v.is_active
    AND (s.on_hand > s.reserved + s.committed OR s.reserved > 0 AND {FREE} > 0))"""  # noqa: S608  our own constants

IN_STOCK = _IN_STOCK.format(document="catalog_productdocument")
"""Whether a row of `ProductDocument` can be bought now, for a RawSQL in a filter."""


def in_stock(document: str) -> str:
    """Whether the product of that row can be bought now."""
    return _IN_STOCK.format(document=document)
