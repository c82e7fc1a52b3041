from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView


class _StaffWith(BasePermission):
    """Staff who hold one of Django's own permissions on this app's models."""

    permission: str

    def has_permission(self, request: Request, view: APIView) -> bool:
        return bool(request.user.is_staff and request.user.has_perm(f"fx_rates.{self.permission}"))


class MaySetRates(_StaffWith):
    permission = "add_exchangeratesnapshot"


class MayRefreshRates(_StaffWith):
    permission = "add_exchangeratelog"


class MaySeeStatistics(_StaffWith):
    permission = "view_exchangeratelog"


class MaySeeAlerts(_StaffWith):
    permission = "view_exchangeratealert"


class MayAcknowledgeAlerts(_StaffWith):
    permission = "change_exchangeratealert"
