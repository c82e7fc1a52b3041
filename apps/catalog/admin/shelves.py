"""Categories as a tree, tags, and what can be said about products."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.postgres.fields import ArrayField
from django.db.models import Count, Model, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.decorators import display
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from apps.catalog import services
from apps.catalog.admin import words
from apps.catalog.models import Attribute, AttributeKind, Category, ProductType, Tag
from apps.common.admin import DomainMessages


class CategoryForm(words.NamesForm):
    """A category by its name and where it stands; the tree's own columns are treebeard's."""

    parent = forms.ModelChoiceField(
        Category.objects.order_by("path"), required=False, empty_label="At the root", widget=UnfoldAdminSelectWidget
    )

    class Meta:
        model = Category
        fields = ["name", "slug"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        parent: Any = self.fields["parent"]
        parent.label_from_instance = lambda category: "\u2003" * (category.depth - 1) + category.name
        self.fields["slug"].required = False
        self.fields["slug"].help_text = "The address in the shop; left empty, it is made of the name."
        if self.instance.pk:
            above = Category.objects.get_parent(self.instance)
            self.fields["parent"].initial = above and above.pk


@admin.register(Category)
class CategoryAdmin(DomainMessages):
    form = words.named(CategoryForm)
    fields = ["name", "slug", "parent", *words.NAME_FIELDS]
    list_display = ["branch", "slug", "product_total"]
    search_fields = ["name", "slug"]
    ordering = ["path"]
    list_per_page = 200
    actions = None

    def get_queryset(self, request: HttpRequest) -> QuerySet[Category]:
        return super().get_queryset(request).annotate(product_count=Count("products"))

    @display(description="Category")
    def branch(self, category: Category) -> SafeString:
        return format_html('<span style="padding-left: {}rem">{}</span>', 2 * (category.depth - 1), category.name)

    @display(description="Products")
    def product_total(self, category: Any) -> int:
        count: int = category.product_count
        return count

    def save_model(self, request: HttpRequest, obj: Category, form: CategoryForm, change: bool) -> None:
        parent: Category | None = form.cleaned_data["parent"]
        parent_id, names = parent and parent.pk, words.names_in(form.cleaned_data)
        if not change:
            obj.pk = services.add_category(name=obj.name, slug=obj.slug, parent_id=parent_id, names=names).pk
        elif {"name", "slug", *words.NAME_FIELDS} & set(form.changed_data):
            services.rename_category(category_id=obj.pk, name=obj.name, slug=obj.slug, names=names)
        if change and "parent" in form.changed_data:
            services.move_category(category_id=obj.pk, parent_id=parent_id)
        obj.refresh_from_db()

    def delete_model(self, request: HttpRequest, obj: Category) -> None:
        services.remove_category(category_id=obj.pk)


class TagForm(words.NamesForm):
    class Meta:
        model = Tag
        fields = ["name", "slug"]


@admin.register(Tag)
class TagAdmin(DomainMessages):
    form = words.named(TagForm)
    fields = ["name", "slug", *words.NAME_FIELDS]
    list_display = ["name", "slug", "product_total"]
    search_fields = ["name", "slug"]
    ordering = ["name"]
    prepopulated_fields = {"slug": ["name"]}
    actions = None

    def get_queryset(self, request: HttpRequest) -> QuerySet[Tag]:
        return super().get_queryset(request).annotate(product_count=Count("products"))

    @display(description="Products")
    def product_total(self, tag: Any) -> int:
        count: int = tag.product_count
        return count

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> list[str]:
        return [] if obj is None else ["slug"]

    def get_prepopulated_fields(self, request: HttpRequest, obj: Model | None = None) -> dict[str, Any]:
        return {} if obj else super().get_prepopulated_fields(request, obj)

    def save_model(self, request: HttpRequest, obj: Tag, form: forms.ModelForm, change: bool) -> None:
        if not change:
            super().save_model(request, obj, form, change)
        services.rename_tag(tag_id=obj.pk, name=obj.name, names=words.names_in(form.cleaned_data))

    def delete_model(self, request: HttpRequest, obj: Tag) -> None:
        services.remove_tag(tag_id=obj.pk)


class KeptCode(DomainMessages):
    """Products and imports know these rows by their code, which is therefore for ever."""

    kept: tuple[str, ...] = ("code",)

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> list[str]:
        return [] if obj is None else list(self.kept)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class AttributeForm(words.NamesForm):
    class Meta:
        model = Attribute
        fields = ["code", "name", "kind", "choices", "position"]


@admin.register(Attribute)
class AttributeAdmin(KeptCode):
    form = words.named(AttributeForm, words.choice_fields())
    fields = ["code", "name", "kind", "choices", "position", *words.NAME_FIELDS, *words.choice_fields()]
    list_display = ["name", "code", "kind", "allowed", "position"]
    search_fields = ["name", "code"]
    ordering = ["position", "name"]
    kept = ("code", "kind")
    formfield_overrides = {ArrayField: {"widget": UnfoldAdminTextInputWidget}}

    @display(description="Choices")
    def allowed(self, attribute: Attribute) -> str:
        return ", ".join(attribute.choices) or "—"

    def save_model(self, request: HttpRequest, obj: Attribute, form: forms.ModelForm, change: bool) -> None:
        """Choices are only added: products may use any that there ever was."""
        made = services.ensure_attribute(
            code=obj.code,
            name=obj.name,
            kind=AttributeKind(obj.kind),
            choices=obj.choices,
            position=obj.position,
            names=words.names_in(form.cleaned_data),
            choice_names=words.choice_names_in(form.cleaned_data),
        )
        obj.pk = made.pk
        obj.refresh_from_db()


class ProductTypeForm(forms.ModelForm):
    """Attributes that a product of this type has a value for cannot be taken from the type."""

    prefix = "type"  # a field called `attributes` would hide the form's own from every script on the page

    class Meta:
        model = ProductType
        fields = ["code", "name", "tax_class", "attributes"]

    def clean_attributes(self) -> QuerySet[Attribute]:
        chosen: QuerySet[Attribute] = self.cleaned_data["attributes"]
        if self.instance.pk:
            products = self.instance.products
            left = self.instance.attributes.exclude(pk__in=chosen)
            used = [one.name for one in left if products.filter(attributes__has_key=one.code).exists()]
            if used:
                raise forms.ValidationError(f"Products of this type have a value for: {', '.join(used)}.")
        return chosen


@admin.register(ProductType)
class ProductTypeAdmin(KeptCode):
    form = ProductTypeForm
    list_display = ["name", "code", "tax_class", "has"]
    search_fields = ["name", "code"]
    ordering = ["name"]
    autocomplete_fields = ["attributes"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[ProductType]:
        return super().get_queryset(request).prefetch_related("attributes")

    @display(description="Attributes")
    def has(self, product_type: ProductType) -> str:
        return ", ".join(attribute.name for attribute in product_type.attributes.all()) or "—"
