"""The product's page as forms: what staff type becomes a `ProductDraft`, checked by the rules that imports keep too."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from unfold.forms import PaginationInlineFormSet
from unfold.widgets import (
    UnfoldAdminDecimalFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
)

from apps.catalog import drafts, selectors
from apps.catalog.admin import words
from apps.catalog.admin.images import NewPicturesField
from apps.catalog.drafts import Errors, ProductDraft, VariantDraft
from apps.catalog.models import Attribute, AttributeKind, Product, ProductVariant

ATTRIBUTE_PREFIX = "attribute_"


class ProductForm(forms.ModelForm):
    """A product without its variants; `form_for` adds one field for each attribute of its type."""

    class Meta:
        model = Product
        fields = [
            *("store", "product_type", "name", "slug", "description", "categories", "tags", "is_featured"),
            *("seo_title", "seo_description"),
        ]

    new_pictures = NewPicturesField()
    attributes_of_type: dict[str, Attribute] = {}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.initial.update(words.words_of(self.instance))
        for code in self.attributes_of_type:
            self.initial[ATTRIBUTE_PREFIX + code] = self.instance.attributes.get(code)

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if not self.errors:
            self._refuse(drafts.clean(self.draft(()), self._known_attributes())[1])
        return cleaned

    def draft(self, variants: tuple[VariantDraft, ...]) -> ProductDraft:
        data = self.cleaned_data
        return ProductDraft(
            slug=data["slug"],
            name=data["name"],
            product_type=data["product_type"].code,
            description=data["description"],
            attributes=self._attribute_values(),
            categories=frozenset(selectors.path_of(category) for category in data["categories"]),
            tags=frozenset(tag.slug for tag in data["tags"]),
            is_featured=data["is_featured"],
            variants=variants,
            specifications=data.get("specification_rows") or (),
            seo_title=data["seo_title"],
            seo_description=data["seo_description"],
            related=data.get("related_slugs") or (),
            translations=words.translations_in(data),
        )

    def _attribute_values(self) -> dict[str, str]:
        """What was typed, but for attributes that the type of this moment does not have."""
        typed = {code: self.cleaned_data.get(ATTRIBUTE_PREFIX + code) for code in self.attributes_of_type}
        known = self._known_attributes()
        return {code: str(value) for code, value in typed.items() if value not in (None, "") and code in known}

    def _known_attributes(self) -> dict[str, Attribute]:
        return {attribute.code: attribute for attribute in self.cleaned_data["product_type"].attributes.all()}

    def _refuse(self, errors: Errors) -> None:
        for name, sentences in errors.items():
            field = words.field_of(name.replace("attributes.", ATTRIBUTE_PREFIX))
            self.add_error(field if field in self.fields else None, sentences)


def form_for(product: Product | None) -> type[ProductForm]:
    """The form of a product with a field for each attribute of its type; a new product has none yet."""
    if product is None:
        return type("ProductForm", (ProductForm,), words.word_fields())
    attributes = {one.code: one for one in product.product_type.attributes.order_by("position", "name")}
    fields = {ATTRIBUTE_PREFIX + code: _field(one, product.attributes.get(code)) for code, one in attributes.items()}
    return type("ProductForm", (ProductForm,), {**words.word_fields(), **fields, "attributes_of_type": attributes})


def _field(attribute: Attribute, stored: Any) -> forms.Field:
    if attribute.kind == AttributeKind.NUMBER:
        return forms.DecimalField(label=attribute.name, required=False, widget=UnfoldAdminDecimalFieldWidget)
    if attribute.kind == AttributeKind.CHOICE:
        values = [*attribute.choices, *([stored] if stored and stored not in attribute.choices else [])]
        choices = [("", "—"), *((value, value) for value in values)]
        return forms.ChoiceField(label=attribute.name, required=False, choices=choices, widget=UnfoldAdminSelectWidget)
    return forms.CharField(label=attribute.name, required=False, max_length=200, widget=UnfoldAdminTextInputWidget)


def as_written(amount: Decimal | None) -> Decimal | None:
    """Two places, unless more of them say something."""
    cents = None if amount is None else amount.quantize(Decimal("0.01"))
    return cents if cents == amount else amount


class OptionsField(forms.CharField):
    """Options as people write them: "Color: Red, Size: L"."""

    def prepare_value(self, value: Any) -> Any:
        return ", ".join(f"{name}: {option}" for name, option in value.items()) if isinstance(value, dict) else value

    def to_python(self, value: Any) -> Any:
        pairs = [part.partition(":") for part in str(value or "").split(",") if part.strip()]
        if any(not (name.strip() and option.strip()) for name, _, option in pairs):
            raise forms.ValidationError("Write options as “Color: Red, Size: L”.")
        return {name.strip(): option.strip() for name, _, option in pairs}

    def has_changed(self, initial: Any, data: Any) -> bool:
        return bool(self.prepare_value(initial) != (data or ""))


class VariantForm(forms.ModelForm):
    options = OptionsField(
        required=False, widget=UnfoldAdminTextInputWidget(attrs={"placeholder": "Color: Red, Size: L"})
    )

    class Meta:
        model = ProductVariant
        fields = [
            *("sku", "options", "price_amount", "compare_at_amount"),
            *("barcode", "weight_grams", "is_active", "position"),
        ]
        labels = {
            "sku": "SKU",
            "price_amount": "Price",
            "compare_at_amount": "Before offer",
            "weight_grams": "Grams",
            "is_active": "Sold",
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.fields["sku"].disabled = True  # orders, carts and imports know the variant by it
            for name in ("price_amount", "compare_at_amount"):
                self.initial[name] = as_written(self.initial[name])

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if not self.errors:
            for name, sentences in faults_of((self.draft(),)).items():
                self.add_error(name.rpartition(".")[2], sentences)
        return cleaned

    def draft(self) -> VariantDraft:
        data = self.cleaned_data
        return VariantDraft(
            sku=data["sku"],
            price_amount=data["price_amount"],
            compare_at_amount=data["compare_at_amount"],
            options=data["options"],
            barcode=data["barcode"],
            weight_grams=data["weight_grams"],
        )


class VariantFormSet(PaginationInlineFormSet):
    """The variants in their order. One that is not sold any more is unticked, not deleted: orders know it."""

    def clean(self) -> None:
        super().clean()
        if any(self.errors):
            return
        sold = self._sold()
        for name, sentences in faults_of(tuple(form.draft() for form in sold)).items():
            _, _, place = name.partition(".")
            index, _, field = place.partition(".")
            if field:
                sold[int(index)].add_error(field, sentences)
            else:
                raise forms.ValidationError(sentences)

    def drafts(self) -> tuple[VariantDraft, ...]:
        return tuple(form.draft() for form in self._sold())

    def _sold(self) -> list[VariantForm]:
        filled = [form for form in self.forms if form.cleaned_data.get("sku") and form.cleaned_data.get("is_active")]
        return sorted(filled, key=lambda form: form.cleaned_data.get("position") or 0)


def faults_of(variants: tuple[VariantDraft, ...]) -> Errors:
    """What is wrong with the variants alone, whatever their product is."""
    return drafts.clean(ProductDraft(slug="any", name="any", product_type="", variants=variants), {})[1]
