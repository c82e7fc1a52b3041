"""A product's pictures, for staff and for those who work in its store."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.catalog import selectors, services
from apps.catalog.api.serializers import serializer_for
from apps.catalog.documents import KeptImage, kept_image_of
from apps.catalog.exceptions import PictureTooHeavy
from apps.catalog.models import Product, ProductImage
from apps.catalog.selectors.staff import CHANGE
from apps.common import pictures
from apps.common.api.inputs import read

KeptImageSerializer = serializer_for(KeptImage)
_FORM_BYTES = 64 * 1024  # what a form takes beside its file


class ImageChangeInput(serializers.Serializer[Any]):
    alt = serializers.CharField(
        max_length=200, required=False, allow_blank=True, help_text="What it shows, for those who do not see it."
    )
    variant = serializers.UUIDField(required=False, allow_null=True, help_text="The variant that it is of.")
    position = serializers.IntegerField(
        required=False, min_value=0, max_value=services.MOST_IMAGES, help_text="Its place; 0 is the primary one's."
    )
    is_primary = serializers.BooleanField(required=False, help_text="`true` gives it the first place.")

    def validate_is_primary(self, value: bool) -> bool:
        if not value:
            raise serializers.ValidationError("Make another picture the primary one.")
        return value

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs.pop("is_primary", False):
            attrs["position"] = 0
        return attrs


class ImageInput(ImageChangeInput):
    is_primary = None  # type: ignore[assignment]  # a form cannot leave a yes or no out
    # bytes, name and emptiness are looked at where the picture is decoded
    file = serializers.FileField(allow_empty_file=True, help_text="A JPEG, PNG or WebP that does not move.")


class ImageOrderInput(serializers.Serializer[Any]):
    images = serializers.ListField(
        child=serializers.UUIDField(),
        max_length=services.MOST_IMAGES,
        help_text="The first is the primary one; those that are not named come after.",
    )


class ImagesView(APIView):
    def get_parsers(self) -> list[Any]:
        return [MultiPartParser()]

    @extend_schema(operation_id="products_images_list", responses=KeptImageSerializer(many=True))
    def get(self, request: Request, name: str) -> Response:
        """A product's pictures in their order, for staff and for those who work in its store."""
        return _all_of(selectors.find_product(name=name, user=request.user))

    @extend_schema(
        operation_id="products_images_create",
        request={"multipart/form-data": ImageInput},
        responses={201: KeptImageSerializer},
    )
    def post(self, request: Request, name: str) -> Response:
        """Add a picture: at most 10 MB and 40 million pixels. It is written anew, upright and without metadata.

        Shoppers see it at once, and a few seconds later in several widths.
        """
        product = _product(request, name)
        if int(request.META.get("CONTENT_LENGTH") or 0) > pictures.MOST_BYTES + _FORM_BYTES:
            raise PictureTooHeavy(str(pictures.NotAPicture(pictures.Fault.TOO_HEAVY)))  # before it is read
        told = _with_variant_key(product, read(ImageInput, request.data))
        (image,) = services.add_images(images=[services.NewImage(product_id=product.pk, **told)])
        return Response(_told_again(product, image), status=201)


class ImageOrderView(APIView):
    @extend_schema(
        operation_id="products_images_order", request=ImageOrderInput, responses=KeptImageSerializer(many=True)
    )
    def put(self, request: Request, name: str) -> Response:
        """Show the pictures in this order."""
        product = _product(request, name)
        services.arrange_images(product_id=product.pk, image_ids=read(ImageOrderInput, request.data)["images"])
        return _all_of(product)


class ImageView(APIView):
    @extend_schema(operation_id="products_images_update", request=ImageChangeInput, responses=KeptImageSerializer)
    def patch(self, request: Request, name: str, image_id: UUID) -> Response:
        """Say what a picture shows, which variant it is of, and where it stands; what is not sent stays."""
        product = _product(request, name)
        image = selectors.image_of(product=product, image_id=image_id)
        told = _with_variant_key(product, read(ImageChangeInput, request.data))
        return Response(_told_again(product, services.change_image(image_id=image.pk, **told)))

    @extend_schema(operation_id="products_images_destroy", responses={204: None})
    def delete(self, request: Request, name: str, image_id: UUID) -> Response:
        """Take a picture away; the next one becomes the primary one."""
        image = selectors.image_of(product=_product(request, name), image_id=image_id)
        services.remove_image(image_id=image.pk)
        return Response(status=204)


def _product(request: Request, name: str) -> Product:
    return selectors.find_product(name=name, user=request.user, to=CHANGE)


def _with_variant_key(product: Product, told: dict[str, Any]) -> Any:
    if "variant" in told:
        told["variant_id"] = selectors.variant_key(product=product, variant_id=told.pop("variant"))
    return told


def _told_again(product: Product, image: ProductImage) -> KeptImage:
    return kept_image_of(selectors.image_of(product=product, image_id=image.public_id))


def _all_of(product: Product) -> Response:
    return Response([kept_image_of(image) for image in selectors.images_of(product)])
