"""The end of one kind of marketing, for whoever holds a mail of it: no login, and no token of ours is looked at."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.parsers import FormParser, MultiPartParser
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts import selectors as account_selectors
from apps.accounts import services as account_services
from apps.accounts.models import Consent, Marketing
from apps.common.api.json import OrjsonParser


class SubscriptionSerializer(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(choices=Marketing.choices)
    email = serializers.CharField(help_text="Masked, so that a mail that was passed on tells nobody's address.")
    is_subscribed = serializers.BooleanField()


class UnsubscribeView(APIView):
    """Mail programs POST here by themselves when a person presses their button (RFC 8058)."""

    authentication_classes = []
    permission_classes = [AllowAny]
    parser_classes = [FormParser, MultiPartParser, OrjsonParser]

    @extend_schema(operation_id="notifications_unsubscribe_look", responses=SubscriptionSerializer)
    def get(self, request: Request, unsubscribe_token: str) -> Response:
        """What a POST here would end. Mail scanners open links, so looking changes nothing."""
        return _shown(account_services.look_at_consent(token=unsubscribe_token))

    @extend_schema(operation_id="notifications_unsubscribe", request=None, responses=SubscriptionSerializer)
    def post(self, request: Request, unsubscribe_token: str) -> Response:
        """End this kind of marketing. Twice is once; the body is not looked at."""
        return _shown(account_services.unsubscribe(token=unsubscribe_token))


def _shown(consent: Consent) -> Response:
    email = account_selectors.masked_email(consent.user.email)
    row = {"kind": consent.kind, "email": email, "is_subscribed": consent.is_live}
    return Response(SubscriptionSerializer(row).data)
