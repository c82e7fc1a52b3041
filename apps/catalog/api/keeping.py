"""Addresses that shoppers read and staff write."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from rest_framework.authentication import BaseAuthentication
from rest_framework.permissions import SAFE_METHODS, BasePermission, IsAuthenticated
from rest_framework.request import Request
from rest_framework.views import APIView

from apps.catalog.api.editions import LIMIT_BUCKET


class ReadByAll(APIView):
    """Stands before a `PublicView`: that one answers reads, and whoever writes says who he is, as everywhere."""

    writers: type[BasePermission]
    limit_bucket: Any = LIMIT_BUCKET
    _is_read = True

    def initialize_request(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Request:
        self._is_read = request.method in SAFE_METHODS
        self.limit_bucket = LIMIT_BUCKET if self._is_read else None
        return super().initialize_request(request, *args, **kwargs)

    def get_authenticators(self) -> list[BaseAuthentication]:
        return [] if self._is_read else [authenticate() for authenticate in APIView.authentication_classes]

    def get_permissions(self) -> list[Any]:
        return [] if self._is_read else [IsAuthenticated(), self.writers()]

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        if self._is_read:
            super().initial(request, *args, **kwargs)
        else:
            APIView.initial(self, request, *args, **kwargs)
