from __future__ import annotations

from typing import ClassVar, cast

from drf_spectacular.utils import OpenApiParameter
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from apps.accounts import services
from apps.accounts.api.authentication import session_of
from apps.accounts.models import StepUpPurpose, User

STEP_UP_TOKEN = OpenApiParameter(
    "X-Step-Up-Token",
    str,
    OpenApiParameter.HEADER,
    description="From `auth/otp/verify/`; without it the answer is `step-up-required`.",
)

_NEEDED = {"list": "view_user", "retrieve": "view_user", "create": "add_user"}


class MayLookAfterCustomers(BasePermission):
    """Staff who hold Django's own permission on people for what they are about to do."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        needed = _NEEDED.get(getattr(view, "action", ""), "change_user")
        return bool(request.user.is_staff and request.user.has_perm(f"accounts.{needed}"))


class IsSteppedUp(BasePermission):
    """Whoever has just typed a code that was sent to him, for what the view's `step_up` names beside the method.

    Put it behind IsAuthenticated, and STEP_UP_TOKEN among the operation's parameters:

        permission_classes = [IsAuthenticated, IsSteppedUp]
        step_up = {"DELETE": StepUpPurpose.ERASE_ACCOUNT}
    """

    header: ClassVar[str] = STEP_UP_TOKEN.name

    def has_permission(self, request: Request, view: APIView) -> bool:
        purposes: dict[str, StepUpPurpose] = getattr(view, "step_up", {})
        purpose = purposes.get(request.method or "")
        if purpose is not None:
            services.check_leave(
                token=request.headers.get(self.header, ""),
                user=cast(User, request.user),
                session_id=session_of(request),
                purpose=purpose,
            )
        return True
