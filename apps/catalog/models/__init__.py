"""The catalogue's tables. `ProductDocument` is what shoppers read; the others are what staff write."""

from apps.catalog.models.documents import DocumentCount, Edition, ProductDocument, TranslatedDocument, WrittenJson
from apps.catalog.models.images import ProductImage, rendition_name
from apps.catalog.models.offers import Offer, OfferQuerySet
from apps.catalog.models.products import (
    MOST_STARS,
    Product,
    ProductRating,
    ProductSlug,
    ProductStatus,
    ProductTurn,
    ProductVariant,
    RelatedProduct,
    in_words,
)
from apps.catalog.models.search import Search, SearchAction, SearchActionKind, SearchSynonym, SearchText, SearchWord
from apps.catalog.models.shelves import Attribute, AttributeKind, Category, CategorySlug, ProductType, Tag

__all__ = [
    "MOST_STARS",
    "Attribute",
    "AttributeKind",
    "Category",
    "CategorySlug",
    "DocumentCount",
    "Edition",
    "Offer",
    "OfferQuerySet",
    "Product",
    "ProductDocument",
    "ProductImage",
    "ProductRating",
    "ProductSlug",
    "ProductStatus",
    "ProductTurn",
    "ProductType",
    "ProductVariant",
    "RelatedProduct",
    "Search",
    "SearchAction",
    "SearchActionKind",
    "SearchSynonym",
    "SearchText",
    "SearchWord",
    "Tag",
    "TranslatedDocument",
    "WrittenJson",
    "in_words",
    "rendition_name",
]
