from rest_framework.exceptions import PermissionDenied
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from apps.orders import selectors
from apps.orders.models import Order


class MayChangeOrders(BasePermission):
    """Staff with the permission to change orders."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        return bool(request.user.is_staff and request.user.has_perm("orders.change_order"))


def require_own(request: Request, order: Order, *, or_any_of: tuple[str, ...]) -> None:
    """An order is its customer's to act on; of the staff who see it, theirs who hold one of these permissions.

    Raises:
        PermissionDenied: the caller may only look at it.
    """
    token = request.headers.get("X-Order-Token", "")
    is_own = selectors.belongs_to(order, user=request.user, token=token)
    if not is_own and not any(request.user.has_perm(permission) for permission in or_any_of):
        raise PermissionDenied("You may look at this order, and no more.")
