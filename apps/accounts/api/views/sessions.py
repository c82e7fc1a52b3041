"""The devices that the signed-in person is signed in on."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts import selectors, services
from apps.accounts.api.authentication import session_of
from apps.accounts.api.serializers import DeactivatedSerializer, SessionSerializer, SessionStatsSerializer
from apps.accounts.api.views.me import me_of
from apps.accounts.models import UserSession


class SessionListView(ListAPIView[UserSession]):
    """Where you are signed in, the device used last first."""

    queryset = UserSession.objects.none()
    serializer_class = SessionSerializer
    filter_backends = []

    def get_queryset(self) -> QuerySet[UserSession]:
        return selectors.live_sessions(me_of(self.request))

    def get_serializer_context(self) -> dict[str, Any]:
        return {**super().get_serializer_context(), "current": session_of(self.request)}


class SessionDeactivateView(APIView):
    @extend_schema(operation_id="auth_sessions_deactivate", request=None, responses={204: None})
    def post(self, request: Request, session_id: UUID) -> Response:
        """Sign one device out; its tokens are refused from its next request on."""
        services.deactivate_session(user=me_of(request), session_id=session_id)
        return Response(status=204)


class OtherSessionsDeactivateView(APIView):
    @extend_schema(operation_id="auth_sessions_deactivate_all", request=None, responses=DeactivatedSerializer)
    def post(self, request: Request) -> Response:
        """Sign all other devices out; this one stays."""
        count = services.deactivate_other_sessions(user=me_of(request), current=session_of(request))
        return Response({"deactivated": count})


class SessionStatsView(APIView):
    @extend_schema(operation_id="auth_sessions_stats", responses=SessionStatsSerializer)
    def get(self, request: Request) -> Response:
        """How many sessions you have, and the rules that hold for them."""
        active, total = selectors.count_sessions(me_of(request))
        rules = settings.SESSION_SECURITY
        return Response(
            {
                "active_sessions": active,
                "total_sessions": total,
                "max_allowed": rules["MAX_SESSIONS_PER_USER"],
                "expire_days": rules["SESSION_EXPIRE_DAYS"],
                "security_settings": {name.lower(): value for name, value in rules.items()},
            }
        )
