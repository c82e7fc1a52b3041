"""Categories and tags with what stands under them."""

from __future__ import annotations

from collections import defaultdict

from django.db.models import OuterRef, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Coalesce, Concat

from apps.catalog.documents import CategoryNode
from apps.catalog.models import Category, DocumentCount, Tag


def category_tree(language: str = "") -> list[CategoryNode]:
    """All categories, each with how many products are in it and below. One query.

    Siblings come by their names in the shop's own language, whichever they are told in.
    """
    count = _kept_count(Concat(Value("category:"), OuterRef("slug")))
    children_of: dict[str, list[CategoryNode]] = defaultdict(list)
    rows = Category.objects.annotate(product_count=count).order_by("path")
    columns = ("path", "slug", "name", "names", "product_count")
    for path, slug, own_name, names, product_count in rows.values_list(*columns):
        name = names.get(language) or own_name
        parent = path[: -Category.steplen]
        node: CategoryNode = {"slug": slug, "name": name, "product_count": product_count, "children": children_of[path]}
        children_of[parent].append(node)
    return children_of[""]


def tags_with_counts() -> QuerySet[Tag]:
    """Tags by name, each with `product_count`."""
    count = _kept_count(Concat(Value("tag:"), OuterRef("slug")))
    return Tag.objects.annotate(product_count=count).order_by("name", "pk")


def _kept_count(key: Concat) -> Coalesce:
    counts = DocumentCount.objects.filter(key=key).order_by().values("key")
    return Coalesce(Subquery(counts.annotate(total=Sum("documents")).values("total")), 0)


def path_of(category: Category) -> tuple[str, ...]:
    """The names on the way from the root down to this category."""
    return (*(above.name for above in Category.objects.get_ancestors(category)), category.name)
