"""Categories, tags, product types and attributes: where products stand and what can be said about them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import TypeAlias

from django.db import transaction
from django.db.models import QuerySet
from django.utils.text import slugify

from apps.catalog import selectors
from apps.catalog.drafts import CategoryPath
from apps.catalog.exceptions import CategoryInvalid, CategoryNotFound, TagInvalid
from apps.catalog.models import Attribute, AttributeKind, Category, CategorySlug, Product, ProductType, Tag
from apps.catalog.services.documents import rebuild_documents
from apps.catalog.services.locks import rearrange_shelves
from apps.catalog.texts import other_languages

Names: TypeAlias = Mapping[str, str]
"""By language; what has none, or an empty one, is called as in the shop's own."""


@transaction.atomic
def ensure_attribute(
    *,
    code: str,
    name: str,
    kind: AttributeKind = AttributeKind.TEXT,
    choices: Collection[str] = (),
    position: int = 0,
    names: Names | None = None,
    choice_names: Mapping[str, Names] | None = None,
) -> Attribute:
    """Make the attribute, or bring an existing one to these values; choices that products may use are only added.

    `names` and `choice_names` are by language; None leaves them as they are.
    """
    attribute, is_new = Attribute.objects.select_for_update().get_or_create(
        code=code, defaults={"name": name, "kind": kind, "choices": list(choices), "position": position}
    )
    if names is not None:
        attribute.names = _said(names)
    if choice_names is not None:
        attribute.choice_names = {language: dict(said) for language, said in choice_names.items() if said}
    if not is_new:
        attribute.name, attribute.position = name, position
        attribute.choices = [*attribute.choices, *(c for c in choices if c not in attribute.choices)]
    if not is_new or names or choice_names:
        attribute.save(update_fields=["name", "position", "choices", "names", "choice_names"])
    return attribute


def _said(names: Names) -> dict[str, str]:
    """Without languages that have no name for it, or that the shop does not know."""
    return {language: names[language] for language in other_languages() if names.get(language)}


@transaction.atomic
def ensure_product_type(
    *, code: str, name: str, attributes: Iterable[Attribute] = (), tax_class: str = "standard"
) -> ProductType:
    """Make the type, or add the attributes that an existing one lacks."""
    product_type, _ = ProductType.objects.get_or_create(code=code, defaults={"name": name, "tax_class": tax_class})
    product_type.attributes.add(*attributes)
    return product_type


@transaction.atomic
def ensure_categories(*, paths: Collection[CategoryPath]) -> dict[CategoryPath, int]:
    """The ids of the categories at these paths of names; what is missing on the way is made."""
    wanted = {path[:depth] for path in paths for depth in range(1, len(path) + 1)}
    found = _categories_by_path(wanted)
    if wanted - found.keys():
        rearrange_shelves()
        found = _categories_by_path(wanted)
        for path in sorted(wanted - found.keys(), key=lambda path: (len(path), path)):
            found[path] = _make_category(path, found)
    return {path: found[path].pk for path in paths}


def _categories_by_path(wanted: Collection[CategoryPath]) -> dict[CategoryPath, Category]:
    names = {path[-1] for path in wanted}
    candidates = Category.objects.filter(name__in=names).order_by("path")
    name_of = {category.path: category.name for category in candidates}
    by_path = {}
    for category in candidates:
        steps = Category.steps_to(category.path)
        if all(step in name_of for step in steps):
            by_path[tuple(name_of[step] for step in steps)] = category
    return {path: category for path, category in by_path.items() if path in wanted}


def _make_category(path: CategoryPath, found: dict[CategoryPath, Category]) -> Category:
    fields = {"name": path[-1], "slug": _free_slug(path)}
    if len(path) == 1:
        made: Category = Category.objects.add_root(fields)
    else:
        parent = Category.objects.get(pk=found[path[:-1]].pk)  # its path may have moved since it was read
        made = Category.objects.add_child(parent, fields)
    return made


def _free_slug(path: CategoryPath) -> str:
    """The last name as a slug; the names above come in front, one by one, while another category has it."""
    for start in reversed(range(len(path))):
        slug = slugify(" ".join(path[start:]))[:120]
        if slug and not CategorySlug.objects.filter(slug=slug).exists():
            return slug
    raise CategoryInvalid(
        f"No address can be made of “{' > '.join(path)}”.", errors={"name": ["The address it would have is taken."]}
    )


def ensure_tags(*, slugs: Collection[str]) -> dict[str, int]:
    """The ids of these tags; a missing one is made and named after its slug."""
    existing = set(Tag.objects.filter(slug__in=slugs).values_list("slug", flat=True))
    missing = [Tag(slug=slug, name=slug.replace("-", " ")) for slug in sorted(set(slugs) - existing)]
    Tag.objects.bulk_create(missing, ignore_conflicts=True)
    return dict(Tag.objects.filter(slug__in=slugs).values_list("slug", "pk"))


@transaction.atomic
def add_category(*, name: str, parent_id: int | None, slug: str = "", names: Names | None = None) -> Category:
    """Make one category; without a slug it gets one of its name.

    Raises:
        CategoryInvalid: the parent has one of that name already, or the slug is taken.
    """
    rearrange_shelves()
    parent = None if parent_id is None else Category.objects.get(pk=parent_id)
    above = () if parent is None else selectors.path_of(parent)
    sisters = Category.objects.get_root_nodes() if parent is None else Category.objects.get_children(parent)
    if sisters.filter(name=name).exists():
        raise _refused("name", "There is a category of this name already.")
    if slug and CategorySlug.objects.filter(slug=slug).exists():
        raise _refused("slug", "Another category has this slug, or had it.")
    fields = {"name": name, "slug": slug or _free_slug((*above, name)), "names": _said(names or {})}
    shelves = Category.objects
    made: Category = shelves.add_root(fields) if parent is None else shelves.add_child(parent, fields)
    return made


def _refused(field: str, sentence: str) -> CategoryInvalid:
    return CategoryInvalid(sentence, errors={field: [sentence]})


@transaction.atomic
def remove_category(*, category_id: int) -> None:
    """Take an outermost category away; its products stay in the shop and stand elsewhere or nowhere.

    Raises:
        CategoryInvalid: other categories stand in it.
    """
    rearrange_shelves()
    category = Category.objects.get(pk=category_id)
    if category.numchild:
        raise CategoryInvalid(f"Other categories stand in {category}; move them first.")
    products = _products_in_branch(category)
    category.delete()
    rebuild_documents(product_ids=products)


@transaction.atomic
def rename_category(*, category_id: int, name: str, slug: str, names: Names | None = None) -> Category:
    """Rename a category; the products in it and below show it at the next read, and its old slug still finds them.

    `names` are those in other languages.

    Raises:
        CategoryInvalid: another category has the slug, or had it.
    """
    rearrange_shelves()
    category: Category = Category.objects.get(pk=category_id)
    if CategorySlug.objects.filter(slug=slug).exclude(category=category_id).exists():
        raise _refused("slug", "Another category has this slug, or had it.")
    category.name, category.slug = name, slug
    category.names = category.names if names is None else _said(names)
    category.save(update_fields=["name", "slug", "names"])
    rebuild_documents(product_ids=_products_in_branch(category))
    return category


@transaction.atomic
def change_category(
    *, category_id: int, name: str, slug: str, parent_id: int | None, names: Names | None = None
) -> Category:
    """Rename a category and put it where it shall stand.

    Raises:
        CategoryInvalid: the slug is taken, the parent has another one of that name, or stands in it.
        CategoryNotFound: it or its parent has just gone.
    """
    rearrange_shelves()
    category = Category.objects.filter(pk=category_id).first()
    parent = None if parent_id is None else Category.objects.filter(pk=parent_id).first()
    if category is None or (parent_id is not None and parent is None):
        raise CategoryNotFound
    sisters = Category.objects.get_root_nodes() if parent is None else Category.objects.get_children(parent)
    if sisters.filter(name=name).exclude(pk=category_id).exists():
        raise _refused("name", "There is a category of this name already.")
    above = Category.objects.get_parent(category)
    if (above and above.pk) != parent_id:
        move_category(category_id=category_id, parent_id=parent_id)
    return rename_category(category_id=category_id, name=name, slug=slug, names=names)


@transaction.atomic
def move_category(*, category_id: int, parent_id: int | None) -> Category:
    """Put a category with all below it under another one, or at the root."""
    rearrange_shelves()
    category: Category = Category.objects.get(pk=category_id)
    if parent_id is None:
        Category.objects.move(category, Category.objects.get_first_root_node(), pos="sorted-sibling")
    else:
        parent = Category.objects.get(pk=parent_id)
        if parent == category or parent.is_descendant_of(category):
            message = "A category cannot stand inside itself."
            raise CategoryInvalid(message, errors={"parent": [message]})
        Category.objects.move(category, parent, pos="sorted-child")
    category.refresh_from_db()
    rebuild_documents(product_ids=_products_in_branch(category))
    return category


def _products_in_branch(category: Category) -> list[int]:
    inside: QuerySet[Product] = Product.objects.filter(categories__path__startswith=category.path)
    return list(inside.values_list("pk", flat=True).distinct())


def add_tag(*, name: str, slug: str = "", names: Names | None = None) -> Tag:
    """Make a tag; without a slug it gets one of its name.

    Raises:
        TagInvalid: another tag has the slug, or none can be made of the name.
    """
    slug = slug or slugify(name)[:60]
    if not slug:
        raise TagInvalid("No address can be made of the name.", errors={"slug": ["Choose one."]})
    tag, is_new = Tag.objects.get_or_create(slug=slug, defaults={"name": name, "names": _said(names or {})})
    if not is_new:
        raise TagInvalid("Another tag has this slug.", errors={"slug": ["Another tag has this slug."]})
    return tag


@transaction.atomic
def rename_tag(*, tag_id: int, name: str, names: Names | None = None) -> Tag:
    """Change what a tag is called, in other languages by `names`; its slug stays."""
    rearrange_shelves()
    tag = Tag.objects.get(pk=tag_id)
    tag.name = name
    tag.names = tag.names if names is None else _said(names)
    tag.save(update_fields=["name", "names"])
    rebuild_documents(product_ids=list(tag.products.values_list("pk", flat=True)))
    return tag


@transaction.atomic
def remove_tag(*, tag_id: int) -> None:
    """Take a tag away from all products."""
    rearrange_shelves()
    tag = Tag.objects.get(pk=tag_id)
    products = list(tag.products.values_list("pk", flat=True))
    tag.delete()
    rebuild_documents(product_ids=products)
