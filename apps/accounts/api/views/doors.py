"""The ways in and out: registration, login, refresh, logout."""

from __future__ import annotations

from django.contrib.auth.signals import user_logged_in
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts import services
from apps.accounts.api import transport
from apps.accounts.api.serializers import (
    GoogleInput,
    LoginInput,
    RefreshInput,
    RegisteredSerializer,
    RegisterInput,
    SignedInSerializer,
    TokensSerializer,
    UserSerializer,
)
from apps.accounts.api.transport import TRANSPORT_HEADER
from apps.accounts.models import User
from apps.common.api.callers import client_address

GUEST_CART = OpenApiParameter(
    "X-Cart-Token",
    str,
    OpenApiParameter.HEADER,
    description="A guest's cart; what is in it is put into the person's own cart.",
)
_USER = {
    "id": "0199d3a1-7c1e-7b2a-9d52-0c5f6b7a8e90",
    "email": "ada@example.com",
    "is_email_verified": True,
    "username": None,
    "first_name": "Ada",
    "last_name": "Márquez",
    "phone": "+584121234567",
    "date_of_birth": None,
    "account_type": "buyer",
    "picture": None,
    "language": "es",
    "is_staff": False,
    "created_at": "2026-03-01T12:00:00Z",
}
_CHECK_YOUR_MAIL = "Registration successful. Please check your email to verify your account."
SIGNED_IN = OpenApiExample(
    "Signed in", {"access": "eyJhbGciOi…", "refresh": "eyJhbGciOi…", "user": _USER}, response_only=True
)


class DoorView(APIView):
    """A way in: whoever comes has no valid token yet, and a dead one in the header must not keep him out."""

    authentication_classes = []
    permission_classes = [AllowAny]


class RegisterView(DoorView):
    @extend_schema(
        operation_id="auth_register",
        request=RegisterInput,
        responses={201: RegisteredSerializer},
        examples=[
            OpenApiExample(
                "Register",
                {"email": "ada@example.com", "password": "una-clave-larga", "first_name": "Ada", "language": "es"},
                request_only=True,
            ),
            OpenApiExample(
                "Registered",
                {"message": _CHECK_YOUR_MAIL, "user": {**_USER, "is_email_verified": False}},
                response_only=True,
            ),
        ],
    )
    def post(self, request: Request) -> Response:
        """Create an account. It opens when its e-mail address is verified, by the link that is mailed to it."""
        params = RegisterInput(data=request.data)
        params.is_valid(raise_exception=True)
        user = services.register_user(**params.validated_data, device=device_of(request))
        return Response({"message": _CHECK_YOUR_MAIL, "user": UserSerializer(user).data}, status=201)


class LoginView(DoorView):
    @extend_schema(
        operation_id="auth_login",
        parameters=[GUEST_CART, TRANSPORT_HEADER],
        request=LoginInput,
        responses=SignedInSerializer,
        examples=[
            OpenApiExample("Log in", {"email": "ada@example.com", "password": "una-clave-larga"}, request_only=True),
            SIGNED_IN,
        ],
    )
    def post(self, request: Request) -> Response:
        """Sign in with e-mail address and password."""
        params = LoginInput(data=request.data)
        params.is_valid(raise_exception=True)
        otp = params.validated_data.pop("otp")
        return sign_in(request, services.log_in(**params.validated_data, device=device_of(request)), otp=otp)


class GoogleView(DoorView):
    @extend_schema(
        operation_id="auth_google",
        parameters=[GUEST_CART, TRANSPORT_HEADER],
        request=GoogleInput,
        responses=SignedInSerializer,
        examples=[SIGNED_IN],
    )
    def post(self, request: Request) -> Response:
        """Sign in with a Google account; the first time makes an account here."""
        params = GoogleInput(data=request.data)
        params.is_valid(raise_exception=True)
        otp = params.validated_data.pop("otp")
        user = services.sign_in_with_google(**params.validated_data, device=device_of(request))
        return sign_in(request, user, otp=otp)


class RefreshView(DoorView):
    @extend_schema(
        operation_id="auth_refresh", parameters=[TRANSPORT_HEADER], request=RefreshInput, responses=TokensSerializer
    )
    def post(self, request: Request) -> Response:
        """Spend the refresh token for a new pair. After a refusal here, log in again.

        It works once: brought again within ten seconds it answers with the same pair, later it ends the session.
        """
        tokens = services.refresh_tokens(refresh=transport.refresh_token_of(request))
        return transport.answer(request, tokens)


class LogoutView(DoorView):
    @extend_schema(
        operation_id="auth_logout", parameters=[TRANSPORT_HEADER], request=RefreshInput, responses={204: None}
    )
    def post(self, request: Request) -> Response:
        """End the session. A token that is dead already is no reason to complain."""
        services.close_session(refresh=transport.refresh_token_of(request))
        return transport.forget(Response(status=204))


def device_of(request: Request) -> services.Device:
    user_agent = request.headers.get("User-Agent", "").replace("\0", "")
    return services.Device(user_agent[:300], client_address(request))


def sign_in(request: Request, user: User, *, otp: str = "") -> Response:
    """Give the person tokens, and tell the house whose request this is now, by Django's own signal.

    Who listens must not be able to keep a person out: what fails there is logged.
    """
    tokens = services.open_session(user=user, device=device_of(request), otp=otp)
    user_logged_in.send_robust(sender=User, request=request, user=user)
    return transport.answer(request, tokens, user=UserSerializer(user).data)
