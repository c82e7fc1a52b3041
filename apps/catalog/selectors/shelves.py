"""Categories and tags with what stands under them."""

from __future__ import annotations

from collections import defaultdict

from django.db.models import OuterRef, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Coalesce, Concat

from apps.catalog.documents import CategoryNode
from apps.catalog.models import Category, DocumentCount, Tag


def category_tree() -> list[CategoryNode]:
    """All categories, siblings by name, each with how many products are in it and below. One query."""
    count = _kept_count(Concat(Value("category:"), OuterRef("slug")))
    children_of: dict[str, list[CategoryNode]] = defaultdict(list)
    rows = Category.objects.annotate(product_count=count).order_by("path")
    for path, slug, name, product_count in rows.values_list("path", "slug", "name", "product_count"):
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
