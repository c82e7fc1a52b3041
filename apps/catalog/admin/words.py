"""What a product says, as fields of its form: specifications a line each, and its texts in every language."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.widgets import UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from apps.catalog.models import Product, RelatedProduct
from apps.catalog.texts import LONGEST, Texts, from_kept, other_languages, specifications_of

LABELS = {
    "name": "Name",
    "description": "Description",
    "specifications": "Specifications",
    "seo_title": "Title for search engines",
    "seo_description": "Description for search engines",
}
OWN_WORDS = ("specification_rows", "related_slugs", "seo_title", "seo_description")


class SpecificationsField(forms.CharField):
    """Rows as people write them, "Height: 13 cm"; a colon in the value is the value's."""

    widget = UnfoldAdminTextareaWidget(attrs={"rows": 4, "placeholder": "Height: 13 cm"})

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(f"{label}: {text}" for label, text in value) if isinstance(value, tuple) else value

    def to_python(self, value: Any) -> Any:
        if isinstance(value, tuple):
            return value
        rows = [line.partition(":") for line in str(value or "").splitlines() if line.strip()]
        if any(not (label.strip() and text.strip()) for label, _, text in rows):
            raise forms.ValidationError("Write a row as “Height: 13 cm”.")
        return tuple((label.strip(), text.strip()) for label, _, text in rows)

    def has_changed(self, initial: Any, data: Any) -> bool:
        return bool(self.to_python(initial) != self.to_python(data))


class RelatedField(forms.CharField):
    """Slugs of other products, a line each."""

    widget = UnfoldAdminTextareaWidget(attrs={"rows": 4})

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, tuple) else value

    def to_python(self, value: Any) -> Any:
        return value if isinstance(value, tuple) else tuple(str(value or "").split())

    def validate(self, value: Any) -> None:
        known = set(Product.objects.filter(slug__in=value).values_list("slug", flat=True)) if value else set()
        unknown = [slug for slug in value if slug not in known]
        if unknown:
            raise forms.ValidationError(f"There is no product “{unknown[0]}”.")

    def has_changed(self, initial: Any, data: Any) -> bool:
        return bool(self.to_python(initial) != self.to_python(data))


def word_fields() -> dict[str, forms.Field]:
    """The fields that the model has not, by their names in the form."""
    fields: dict[str, forms.Field] = {
        "specification_rows": SpecificationsField(label="Specifications", required=False, help_text="A line each."),
        "related_slugs": RelatedField(
            label="Related products", required=False, help_text="Slugs, a line each, in the order in which they show."
        ),
    }
    for language in other_languages():
        fields |= {f"{name}_{language}": _field(name) for name in LABELS}
    return fields


def _field(name: str) -> forms.Field:
    if name == "specifications":
        return SpecificationsField(label=LABELS[name], required=False, help_text="A line each.")
    short = {"name", "seo_title"}
    widget = UnfoldAdminTextInputWidget() if name in short else UnfoldAdminTextareaWidget(attrs={"rows": 4})
    return forms.CharField(label=LABELS[name], required=False, max_length=LONGEST[name], widget=widget)


def words_of(product: Product) -> dict[str, Any]:
    """What a stored product says, by the names of the fields."""
    beside = RelatedProduct.objects.filter(product=product).order_by("position", "pk")
    said: dict[str, Any] = {
        "specification_rows": specifications_of(product.specifications),
        "related_slugs": tuple(beside.values_list("related__slug", flat=True)),
    }
    for language, texts in from_kept(product.translations).items():
        said |= {f"{name}_{language}": getattr(texts, name) for name in LABELS}
    return said


def translations_in(data: dict[str, Any]) -> dict[str, Texts]:
    return {
        language: Texts(**{name: said for name in LABELS if (said := data.get(f"{name}_{language}"))})
        for language in other_languages()
    }


def field_of(name: str) -> str:
    """The form's field for what `drafts.clean` says of a dotted one."""
    first, _, rest = name.partition(".")
    if first == "translations":
        language, _, column = rest.partition(".")
        return f"{column.partition('.')[0]}_{language}"
    return {"specifications": "specification_rows", "related": "related_slugs"}.get(first, name)


def word_fieldsets(product: Product | None) -> list[Any]:
    """A tab for each language, which says what is missing in it."""
    said = from_kept(product.translations) if product else {}
    return [
        ("Search engines", {"classes": ["tab"], "fields": ["seo_title", "seo_description"]}),
        *(
            (
                name,
                {
                    "classes": ["tab"],
                    "description": _what_is_missing(product, said.get(code, Texts())),
                    "fields": [f"{column}_{code}" for column in LABELS],
                },
            )
            for code, name in other_languages().items()
        ),
    ]


def _what_is_missing(product: Product | None, texts: Texts) -> str:
    missing = [
        label.lower()
        for name, label in LABELS.items()
        if product and getattr(product, name) and not getattr(texts, name)
    ]
    return f"Missing: {', '.join(missing)}. Shoppers read them in the shop's language." if missing else ""


class NotTranslatedFilter(admin.SimpleListFilter):
    title = "not translated"
    parameter_name = "not_translated"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(code, f"Not in {name}") for code, name in other_languages().items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Product]) -> QuerySet[Product]:
        if self.value() not in other_languages():
            return queryset
        return queryset.filter(**{f"translations__{self.value()}__name__isnull": True})


def name_fields() -> dict[str, forms.Field]:
    """What something is called in other languages."""
    return {
        f"name_{code}": forms.CharField(
            label=f"Name in {name}", required=False, max_length=60, widget=UnfoldAdminTextInputWidget()
        )
        for code, name in other_languages().items()
    }


def names_in(data: dict[str, Any]) -> dict[str, str]:
    return {code: data.get(f"name_{code}") or "" for code in other_languages()}


class NamesForm(forms.ModelForm):
    """A row with `names`, each typed in a field of its own; see `named`."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial.update({f"name_{code}": name for code, name in self.instance.names.items()})
        for code, said in getattr(self.instance, "choice_names", {}).items():
            self.initial[f"choices_{code}"] = tuple(said.items())


def named(form: type[NamesForm], more: dict[str, forms.Field] | None = None) -> type[NamesForm]:
    """The form with a field for the name in each language."""
    return type(form.__name__, (form,), {**name_fields(), **(more or {})})


def choice_fields() -> dict[str, forms.Field]:
    """What an attribute's choices are called in other languages."""
    return {
        f"choices_{code}": SpecificationsField(
            label=f"Choices in {name}", required=False, help_text="A line each, “Choice: what it is called”."
        )
        for code, name in other_languages().items()
    }


def choice_names_in(data: dict[str, Any]) -> dict[str, dict[str, str]]:
    return {code: dict(data.get(f"choices_{code}") or ()) for code in other_languages()}


NAME_FIELDS = list(name_fields())
