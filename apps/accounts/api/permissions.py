from __future__ import annotations

from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

_NEEDED = {"list": "view_user", "retrieve": "view_user", "create": "add_user"}


class MayLookAfterCustomers(BasePermission):
    """Staff who hold Django's own permission on people for what they are about to do."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        needed = _NEEDED.get(getattr(view, "action", ""), "change_user")
        return bool(request.user.is_staff and request.user.has_perm(f"accounts.{needed}"))
