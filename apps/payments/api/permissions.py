from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from apps.orders.api.permissions import require_own
from apps.orders.models import Order


class MayConfirmPayments(BasePermission):
    """Staff with the permission to change payments."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        return bool(request.user.is_staff and request.user.has_perm("payments.change_payment"))


class MaySeeFigures(BasePermission):
    """Staff with the permission to see payments."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        return bool(request.user.is_staff and request.user.has_perm("payments.view_payment"))


class MayRefund(BasePermission):
    """Staff with the permission to add refunds."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        return bool(request.user.is_staff and request.user.has_perm("payments.add_refund"))


class MayConfirmClaims(BasePermission):
    """Staff with the permission to change reports of mobile payments."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        return bool(request.user.is_staff and request.user.has_perm("payments.change_pagomovilclaim"))


def require_payer(request: Request, order: Order) -> None:
    """Whoever pays: the order's customer, or staff who work on orders or payments; not those who may only look.

    Raises:
        PermissionDenied: the caller may only look at the order.
    """
    require_own(request, order, or_any_of=("orders.change_order", "payments.change_payment"))
