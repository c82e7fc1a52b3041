"""Categories and tags: everybody reads them, and staff keep them for all stores."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.permissions import BasePermission, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.catalog import services
from apps.catalog.api.keeping import ReadByAll
from apps.catalog.api.views import CategoryTreeView, TagListView
from apps.catalog.exceptions import CategoryInvalid, CategoryNotFound, TagNotFound
from apps.catalog.models import Category, Tag
from apps.common.api.inputs import read

_ACTIONS = {"POST": "add", "PATCH": "change", "DELETE": "delete"}


class KeepsShelves(BasePermission):
    """Staff who hold Django's own permission for what they are about to do; reading is for everybody."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        action = _ACTIONS.get(request.method or "")
        return action is None or request.user.has_perm(f"catalog.{action}_{view.kept}")  # type: ignore[attr-defined]


class CategoryInput(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=120)
    slug = serializers.SlugField(max_length=120, required=False, help_text="Left out, it is made of the name.")
    parent = serializers.SlugField(  # type: ignore[assignment]  # of that name DRF's fields have something else
        max_length=120,
        required=False,
        allow_null=True,
        help_text="The slug of the one above; null: at the root.",
    )

    names = serializers.DictField(
        child=serializers.CharField(max_length=120, allow_blank=True), required=False, help_text="In other languages."
    )


class CategoryChangesInput(CategoryInput):
    name = serializers.CharField(max_length=120, required=False)


class KeptCategorySerializer(serializers.Serializer[Category]):
    slug = serializers.CharField()
    name = serializers.CharField()
    parent = serializers.CharField(allow_null=True)  # type: ignore[assignment]  # as above
    names = serializers.DictField(child=serializers.CharField())


class TagInput(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=60)
    slug = serializers.SlugField(max_length=60, required=False, help_text="Left out, it is made of the name.")
    names = serializers.DictField(
        child=serializers.CharField(max_length=60, allow_blank=True), required=False, help_text="In other languages."
    )


class TagNameInput(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=60, required=False)
    names = serializers.DictField(
        child=serializers.CharField(max_length=60, allow_blank=True), required=False, help_text="In other languages."
    )


class KeptTagSerializer(serializers.ModelSerializer[Tag]):
    names = serializers.DictField(child=serializers.CharField())

    class Meta:
        model = Tag
        fields = ["slug", "name", "names"]
        read_only_fields = fields


class CategoriesView(ReadByAll, CategoryTreeView):
    writers = KeepsShelves
    kept = "category"

    @extend_schema(operation_id="categories_create", request=CategoryInput, responses={201: KeptCategorySerializer})
    def post(self, request: Request) -> Response:
        """Make a category, at the root or inside another one."""
        said = read(CategoryInput, request.data)
        category = services.add_category(
            name=said["name"],
            slug=said.get("slug", ""),
            parent_id=_parent_id(said.get("parent")),
            names=said.get("names"),
        )
        return Response(_category_json(category), status=201)


class CategoryView(APIView):
    permission_classes = [IsAuthenticated, KeepsShelves]
    kept = "category"

    @extend_schema(operation_id="categories_update", request=CategoryChangesInput, responses=KeptCategorySerializer)
    def patch(self, request: Request, category: str) -> Response:
        """Rename it, or move it with all that stands in it; products show it at the next read."""
        found, said = _find_category(category), read(CategoryChangesInput, request.data)
        above = Category.objects.get_parent(found)
        changed = services.change_category(
            category_id=found.pk,
            name=said.get("name", found.name),
            slug=said.get("slug", found.slug),
            parent_id=_parent_id(said["parent"]) if "parent" in said else above and above.pk,
            names=said.get("names"),
        )
        return Response(_category_json(changed))

    @extend_schema(operation_id="categories_destroy", responses={204: None})
    def delete(self, request: Request, category: str) -> Response:
        """Take away a category in which no others stand; its products stay in the shop."""
        services.remove_category(category_id=_find_category(category).pk)
        return Response(status=204)


class TagsView(ReadByAll, TagListView):
    writers = KeepsShelves
    kept = "tag"

    @extend_schema(operation_id="tags_create", request=TagInput, responses={201: KeptTagSerializer}, filters=False)
    def post(self, request: Request) -> Response:
        """Make a tag."""
        return Response(KeptTagSerializer(services.add_tag(**read(TagInput, request.data))).data, status=201)


class TagView(APIView):
    permission_classes = [IsAuthenticated, KeepsShelves]
    kept = "tag"

    @extend_schema(operation_id="tags_update", request=TagNameInput, responses=KeptTagSerializer)
    def patch(self, request: Request, tag: str) -> Response:
        """Change what a tag is called; its slug stays."""
        found, said = _find_tag(tag), read(TagNameInput, request.data)
        renamed = services.rename_tag(tag_id=found.pk, name=said.get("name", found.name), names=said.get("names"))
        return Response(KeptTagSerializer(renamed).data)

    @extend_schema(operation_id="tags_destroy", responses={204: None})
    def delete(self, request: Request, tag: str) -> Response:
        """Take a tag away, from all products."""
        services.remove_tag(tag_id=_find_tag(tag).pk)
        return Response(status=204)


def _find_category(slug: str) -> Category:
    category = Category.objects.filter(slug=slug).first()
    if category is None:
        raise CategoryNotFound
    return category


def _parent_id(slug: str | None) -> int | None:
    if slug is None:
        return None
    parent = Category.objects.filter(slug=slug).first()
    if parent is None:
        message = f"There is no category “{slug}”."
        raise CategoryInvalid(message, errors={"parent": [message]})
    pk: int = parent.pk
    return pk


def _find_tag(slug: str) -> Tag:
    tag = Tag.objects.filter(slug=slug).first()
    if tag is None:
        raise TagNotFound
    return tag


def _category_json(category: Category) -> dict[str, Any]:
    above = Category.objects.get_parent(category)
    return {"slug": category.slug, "name": category.name, "parent": above and above.slug, "names": category.names}
