"""The signed-in person's own data."""

from __future__ import annotations

from typing import cast

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts import services
from apps.accounts.api.serializers import ProfileInput, UserSerializer
from apps.accounts.models import User


class MeView(APIView):
    """The signed-in person's own data."""

    @extend_schema(operation_id="me_retrieve", responses=UserSerializer)
    def get(self, request: Request) -> Response:
        """Who am I?"""
        return Response(UserSerializer(me_of(request)).data)

    @extend_schema(
        operation_id="me_update",
        request=ProfileInput,
        responses=UserSerializer,
        examples=[OpenApiExample("Change the phone", {"phone": "+584121234567"}, request_only=True)],
    )
    def patch(self, request: Request) -> Response:
        """Change names, phone or language; what is not sent stays."""
        params = ProfileInput(data=request.data)
        params.is_valid(raise_exception=True)
        user = services.update_profile(user=me_of(request), **params.validated_data)
        return Response(UserSerializer(user).data)


def me_of(request: Request) -> User:
    return cast(User, request.user)  # IsAuthenticated has seen to it
