"""Products as a back office reads and writes them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apps.catalog import selectors
from apps.catalog.drafts import MOST_RELATED, MOST_VARIANTS, AttributeValue, Errors, ProductDraft, VariantDraft
from apps.catalog.exceptions import ProductInvalid
from apps.catalog.models import Category, Product, ProductStatus, ProductVariant, Tag
from apps.catalog.texts import (
    LONGEST,
    LONGEST_LABEL,
    LONGEST_VALUE,
    MOST_SPECIFICATIONS,
    Texts,
    from_kept,
    other_languages,
    rows_of,
    specifications_of,
)
from apps.common.api.fields import MoneyField, MoneyInput
from apps.stores.models import Store


class KeptVariantSerializer(serializers.ModelSerializer[ProductVariant]):
    """A variant as it is kept; one with `is_active` false is sold no more."""

    id = serializers.UUIDField(source="public_id", read_only=True)
    price = MoneyField()
    compare_at_price = MoneyField(source="compare_at", allow_null=True)
    options = serializers.DictField(child=serializers.CharField())

    class Meta:
        model = ProductVariant
        fields = ["id", "sku", "barcode", "options", "price", "compare_at_price", "weight_grams", "is_active"]
        read_only_fields = fields


@extend_schema_field({"oneOf": [{"type": "string"}, {"type": "number"}]})
class AttributeValueField(serializers.Field[AttributeValue, Any, AttributeValue, Any]):
    default_error_messages = {"kind": "A value is a text or a number."}

    def to_internal_value(self, data: Any) -> AttributeValue:
        if isinstance(data, bool) or not isinstance(data, str | int | float):
            self.fail("kind")
        return data

    def to_representation(self, value: AttributeValue) -> AttributeValue:
        return value


class SpecificationInput(serializers.Serializer[Any]):
    label = serializers.CharField(max_length=LONGEST_LABEL)  # type: ignore[assignment]  # DRF's fields have another
    value = serializers.CharField(max_length=LONGEST_VALUE)


class SeoInput(serializers.Serializer[Any]):
    title = serializers.CharField(max_length=LONGEST["seo_title"], required=False, allow_blank=True)
    description = serializers.CharField(max_length=LONGEST["seo_description"], required=False, allow_blank=True)


class TextsInput(serializers.Serializer[Any]):
    """A product in another language; what is left out is told in the shop's own."""

    name = serializers.CharField(max_length=LONGEST["name"], required=False, allow_blank=True)
    description = serializers.CharField(max_length=LONGEST["description"], required=False, allow_blank=True)
    specifications = serializers.ListField(
        child=SpecificationInput(), max_length=MOST_SPECIFICATIONS, required=False, help_text="In their order."
    )
    seo = SeoInput(required=False, help_text="For search engines.")


class KeptProductSerializer(serializers.ModelSerializer[Product]):
    """A product as it is kept, shown or not."""

    id = serializers.UUIDField(source="public_id", read_only=True)
    version = serializers.CharField(read_only=True, help_text="For `If-Match`, in quotation marks.")
    store = serializers.SlugRelatedField[Store](slug_field="slug", read_only=True)
    product_type = serializers.SlugRelatedField[Any](slug_field="code", read_only=True)
    attributes = serializers.DictField(child=AttributeValueField())
    categories = serializers.SlugRelatedField[Category](slug_field="slug", many=True, read_only=True)
    tags = serializers.SlugRelatedField[Tag](slug_field="slug", many=True, read_only=True)
    variants = KeptVariantSerializer(many=True, read_only=True)
    specifications = SpecificationInput(many=True, read_only=True)
    seo = serializers.SerializerMethodField()
    related = serializers.SerializerMethodField()
    translations = serializers.SerializerMethodField()

    class Meta:
        model = Product
        fields = [
            *("specifications", "seo", "related", "translations"),
            *("id", "version", "slug", "name", "store", "product_type", "status", "description", "attributes"),
            *("categories", "tags", "is_featured", "variants"),
            *("published_at", "deleted_at", "created_at", "updated_at"),
        ]
        read_only_fields = fields

    @extend_schema_field(SeoInput)
    def get_seo(self, product: Product) -> dict[str, str]:
        return {"title": product.seo_title, "description": product.seo_description}

    def get_related(self, product: Product) -> list[str]:
        return [one.related.slug for one in product.related.all()]

    @extend_schema_field(serializers.DictField(child=TextsInput()))
    def get_translations(self, product: Product) -> dict[str, Any]:
        return {language: _as_sent(texts) for language, texts in from_kept(product.translations).items()}


def _as_sent(texts: Texts) -> dict[str, Any]:
    return {
        "name": texts.name,
        "description": texts.description,
        "specifications": rows_of(texts.specifications),
        "seo": {"title": texts.seo_title, "description": texts.seo_description},
    }


class VariantInput(serializers.Serializer[Any]):
    sku = serializers.CharField(max_length=64)
    price = MoneyInput(help_text="In the store's base currency.")
    compare_at_price = MoneyInput(required=False, allow_null=True, help_text="The price before an offer.")
    options = serializers.DictField(
        child=serializers.CharField(max_length=80),
        required=False,
        help_text='What tells it from the others: {"Size": "L"}.',
    )
    barcode = serializers.CharField(max_length=32, required=False, allow_blank=True)
    weight_grams = serializers.IntegerField(min_value=0, max_value=10**7, required=False)


class ProductInput(serializers.Serializer[Any]):
    """A product whole: what is left out is empty, and a variant that is left out is sold no more."""

    slug = serializers.SlugField(max_length=140)
    name = serializers.CharField(max_length=200)
    product_type = serializers.SlugField(max_length=50, help_text="Its code.")
    status = serializers.ChoiceField(
        choices=ProductStatus.choices, required=False, help_text="Left out, a new one is a draft, and another stays."
    )
    description = serializers.CharField(max_length=20_000, required=False, allow_blank=True)
    attributes = serializers.DictField(child=AttributeValueField(), required=False, help_text="Values by code.")
    categories = serializers.ListField(
        child=serializers.SlugField(max_length=120), required=False, max_length=100, help_text="Slugs."
    )
    tags = serializers.ListField(
        child=serializers.SlugField(max_length=60), required=False, max_length=100, help_text="Slugs."
    )
    is_featured = serializers.BooleanField(required=False, help_text="For the shop's staff to choose.")
    specifications = serializers.ListField(
        child=SpecificationInput(), max_length=MOST_SPECIFICATIONS, required=False, help_text="In their order."
    )
    seo = SeoInput(required=False, help_text="For search engines.")
    related = serializers.ListField(
        child=serializers.SlugField(max_length=140),
        max_length=MOST_RELATED,
        required=False,
        help_text="Slugs of other products, in the order in which they show.",
    )
    translations = serializers.DictField(
        child=TextsInput(), required=False, help_text=f"By language: {', '.join(other_languages())}."
    )
    variants = serializers.ListField(child=VariantInput(), max_length=MOST_VARIANTS)


class NewProductInput(ProductInput):
    """A product that is to be made."""

    store = serializers.SlugField(required=False, help_text="Its slug; left out, the default store or your own.")


class ProductChangesInput(ProductInput):
    """The fields that shall change."""

    def get_fields(self) -> dict[str, Any]:
        fields = super().get_fields()
        for field in fields.values():
            field.required = False
        return fields


_EMPTY: Mapping[str, Any] = {
    "description": "",
    "attributes": {},
    "categories": [],
    "tags": [],
    "specifications": [],
    "seo": {},
    "related": [],
    "translations": {},
}


def changes_of(said: Mapping[str, Any], store: Store) -> dict[str, Any]:
    """What was sent, named and shaped as in `ProductDraft`.

    Raises:
        ProductInvalid: a category or tag does not exist, or a price is in another currency.
    """
    errors: Errors = {}
    changes = dict(said)
    if "categories" in said:
        paths = selectors.paths_by_slug(said["categories"])
        _refuse_unknown("categories", said["categories"], paths, errors)
        changes["categories"] = frozenset(paths.values())
    if "tags" in said:
        known = Tag.objects.filter(slug__in=said["tags"]).values_list("slug", flat=True)
        _refuse_unknown("tags", said["tags"], set(known), errors)
        changes["tags"] = frozenset(said["tags"])
    if "variants" in said:
        changes["variants"] = tuple(
            _variant(variant, place, store, errors) for place, variant in enumerate(said["variants"])
        )
    if errors:
        raise ProductInvalid(errors)
    if "related" in said:
        changes["related"] = tuple(said["related"])
    if "translations" in said:
        translations = said["translations"].items()
        changes["translations"] = {language: Texts(**_words(texts)) for language, texts in translations}
    return _words(changes)


def _words(said: Mapping[str, Any]) -> dict[str, Any]:
    """With specifications and what search engines are told as drafts have them."""
    words = {name: value for name, value in said.items() if name != "seo"}
    if "specifications" in said:
        words["specifications"] = specifications_of(said["specifications"])
    if "seo" in said:
        words |= {f"seo_{name}": said["seo"].get(name, "") for name in ("title", "description")}
    return words


def whole(said: Mapping[str, Any]) -> dict[str, Any]:
    """With empty values for what was left out."""
    return {**_EMPTY, **said}


def draft_from(said: Mapping[str, Any], store: Store) -> ProductDraft:
    return ProductDraft(**changes_of(whole(said), store))


def _refuse_unknown(field: str, asked: list[str], known: Any, errors: Errors) -> None:
    unknown = [slug for slug in asked if slug not in known]
    if unknown:
        errors[field] = [f"There is none with the slug “{slug}”." for slug in unknown]


def _variant(said: Mapping[str, Any], place: int, store: Store, errors: Errors) -> VariantDraft:
    price, before = said["price"], said.get("compare_at_price")
    for name, money in (("price", price), ("compare_at_price", before)):
        if money is not None and money.currency != store.base_currency:
            errors[f"variants.{place}.{name}"] = [f"{store} keeps its prices in {store.base_currency}."]
    return VariantDraft(
        sku=said["sku"],
        price_amount=price.amount,
        compare_at_amount=None if before is None else before.amount,
        options=said.get("options", {}),
        barcode=said.get("barcode", ""),
        weight_grams=said.get("weight_grams", 0),
    )


_NAMES = {
    "price_amount": "price",
    "compare_at_amount": "compare_at_price",
    "seo_title": "seo.title",
    "seo_description": "seo.description",
}


@contextmanager
def in_words_of_the_api() -> Iterator[None]:
    """What the catalogue says of a draft, by the names of the body's fields."""
    try:
        yield
    except ProductInvalid as refusal:
        errors = {
            ".".join(_NAMES.get(part, part) for part in field.split(".")): sentences
            for field, sentences in (refusal.errors or {}).items()
        }
        raise ProductInvalid(errors) from refusal
