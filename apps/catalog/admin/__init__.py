"""The catalogue's screens. Every save goes through the services, so that the stored documents follow at once.

`ProductAdmin` is registered by operations, which stands above inventory and adds the stock.
"""

from apps.catalog.admin.offers import OfferAdmin
from apps.catalog.admin.products import ProductAdmin
from apps.catalog.admin.search import SearchAdmin, SearchSynonymAdmin
from apps.catalog.admin.shelves import AttributeAdmin, CategoryAdmin, ProductTypeAdmin, TagAdmin
from apps.catalog.admin.stores import StoreAdmin

__all__ = [
    "AttributeAdmin",
    "CategoryAdmin",
    "OfferAdmin",
    "ProductAdmin",
    "ProductTypeAdmin",
    "SearchAdmin",
    "SearchSynonymAdmin",
    "StoreAdmin",
    "TagAdmin",
]
