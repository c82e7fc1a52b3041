"""What is proved by mail: the address itself, and the right to a new password. And a new password by the old one."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts import services
from apps.accounts.api.authentication import session_of
from apps.accounts.api.permissions import STEP_UP_TOKEN, IsSteppedUp
from apps.accounts.api.serializers import (
    ChangePasswordInput,
    EmailInput,
    LinkInput,
    LinkSerializer,
    MessageSerializer,
    NewPasswordInput,
    SignedInSerializer,
)
from apps.accounts.api.transport import TRANSPORT_HEADER
from apps.accounts.api.views.doors import GUEST_CART, SIGNED_IN, DoorView, device_of, sign_in
from apps.accounts.api.views.me import me_of
from apps.accounts.models import StepUpPurpose

_MAIL_IS_ON_ITS_WAY = "If the address has an account that waits for it, a mail is on its way."


class VerifyEmailView(DoorView):
    @extend_schema(
        operation_id="auth_verify_email",
        parameters=[GUEST_CART, TRANSPORT_HEADER],
        request=LinkInput,
        responses=SignedInSerializer,
        examples=[SIGNED_IN],
    )
    def post(self, request: Request) -> Response:
        """Verify the address, with the token in the body, and sign in."""
        params = LinkInput(data=request.data)
        params.is_valid(raise_exception=True)
        return sign_in(request, services.verify_email(**params.validated_data, device=device_of(request)))


class VerificationLinkView(DoorView):
    @extend_schema(operation_id="auth_verify_email_look", responses=LinkSerializer)
    def get(self, request: Request, token: str) -> Response:
        """What a POST here would do. Mail scanners open links, so looking uses nothing up."""
        link = services.look_at_verification(token=token, device=device_of(request))
        message = "Send a POST to this address to verify the e-mail address."
        return Response(
            LinkSerializer({"email": link.user.email, "expires_at": link.expires_at, "message": message}).data
        )

    @extend_schema(
        operation_id="auth_verify_email_by_link",
        parameters=[GUEST_CART, TRANSPORT_HEADER],
        request=None,
        responses=SignedInSerializer,
        examples=[SIGNED_IN],
    )
    def post(self, request: Request, token: str) -> Response:
        """Verify the address and sign in; the link works once."""
        return sign_in(request, services.verify_email(token=token, device=device_of(request)))


class ResendVerificationView(DoorView):
    @extend_schema(operation_id="auth_resend_verification", request=EmailInput, responses={202: MessageSerializer})
    def post(self, request: Request) -> Response:
        """Have a new link mailed; the older ones stop working. The answer is the same for every address."""
        params = EmailInput(data=request.data)
        params.is_valid(raise_exception=True)
        services.request_verification(**params.validated_data, device=device_of(request))
        return Response({"message": _MAIL_IS_ON_ITS_WAY}, status=202)


class PasswordResetView(DoorView):
    @extend_schema(operation_id="auth_password_reset", request=EmailInput, responses={202: MessageSerializer})
    def post(self, request: Request) -> Response:
        """Have a link to a new password mailed. The answer is the same for every address."""
        params = EmailInput(data=request.data)
        params.is_valid(raise_exception=True)
        services.request_reset(**params.validated_data, device=device_of(request))
        return Response({"message": _MAIL_IS_ON_ITS_WAY}, status=202)


class PasswordResetConfirmView(DoorView):
    @extend_schema(operation_id="auth_password_reset_confirm", request=NewPasswordInput, responses=MessageSerializer)
    def post(self, request: Request) -> Response:
        """Set a new password by the token from the mail. All devices are signed out; log in anew."""
        params = NewPasswordInput(data=request.data)
        params.is_valid(raise_exception=True)
        services.reset_password(**params.validated_data, device=device_of(request))
        return Response({"message": "The password was changed. Please log in."})


class ChangePasswordView(APIView):
    permission_classes = [IsAuthenticated, IsSteppedUp]
    step_up = {"POST": StepUpPurpose.CHANGE_PASSWORD}

    @extend_schema(
        operation_id="auth_change_password",
        parameters=[STEP_UP_TOKEN],
        request=ChangePasswordInput,
        responses=MessageSerializer,
    )
    def post(self, request: Request) -> Response:
        """Set a new password by the old one and a fresh code; the other devices are signed out."""
        params = ChangePasswordInput(data=request.data)
        params.is_valid(raise_exception=True)
        services.change_password(
            user=me_of(request), **params.validated_data, session_id=session_of(request), device=device_of(request)
        )
        return Response({"message": "The password was changed."})


class ChangeEmailView(APIView):
    permission_classes = [IsAuthenticated, IsSteppedUp]
    step_up = {"POST": StepUpPurpose.CHANGE_EMAIL}

    @extend_schema(
        operation_id="auth_change_email",
        parameters=[STEP_UP_TOKEN],
        request=EmailInput,
        responses={202: MessageSerializer},
    )
    def post(self, request: Request) -> Response:
        """Have a link mailed to your new address. You keep the old one until that link is used."""
        params = EmailInput(data=request.data)
        params.is_valid(raise_exception=True)
        services.request_email_change(user=me_of(request), **params.validated_data, device=device_of(request))
        return Response({"message": "A mail is on its way to the new address."}, status=202)


class ChangeEmailConfirmView(DoorView):
    @extend_schema(operation_id="auth_change_email_confirm", request=LinkInput, responses=MessageSerializer)
    def post(self, request: Request) -> Response:
        """Make the new address yours, by the token from the mail. Links that went to the old one stop working."""
        params = LinkInput(data=request.data)
        params.is_valid(raise_exception=True)
        services.change_email(**params.validated_data, device=device_of(request))
        return Response({"message": "The e-mail address was changed. Log in with the new one from now on."})
