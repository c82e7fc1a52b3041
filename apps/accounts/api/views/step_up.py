"""A code, and the token that it brings, for what is not done without one."""

from __future__ import annotations

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts import services
from apps.accounts.api.authentication import session_of
from apps.accounts.api.serializers import CodeInput, CodeSentSerializer, LeaveSerializer, StepUpInput
from apps.accounts.api.views.doors import device_of
from apps.accounts.api.views.me import me_of


class CodeView(APIView):
    @extend_schema(
        operation_id="auth_otp",
        request=StepUpInput,
        responses={202: CodeSentSerializer},
        examples=[
            OpenApiExample("Before a new password", {"purpose": "change_password"}, request_only=True),
            OpenApiExample("By WhatsApp", {"purpose": "change_email", "channel": "whatsapp"}, request_only=True),
        ],
    )
    def post(self, request: Request) -> Response:
        """Have a code of six digits sent to you, good for ten minutes; the ones before it stop working.

        It goes by mail unless you choose another of your `code_channels`, which `GET me/` names. What WhatsApp does not
        deliver is mailed.
        """
        params = StepUpInput(data=request.data)
        params.is_valid(raise_exception=True)
        user = me_of(request)
        step_up = services.request_code(
            user=user,
            session_id=session_of(request),
            **params.validated_data,
            device=device_of(request),
        )
        return Response(CodeSentSerializer(step_up, context={"user": user}).data, status=202)


class CodeVerifyView(APIView):
    @extend_schema(
        operation_id="auth_otp_verify",
        request=CodeInput,
        responses=LeaveSerializer,
        examples=[OpenApiExample("The code", {"code": "031415"}, request_only=True)],
    )
    def post(self, request: Request) -> Response:
        """Bring the code, for a token that lets you do what you asked it for, in this session, for ten minutes.

        Send that as `X-Step-Up-Token`. A code works once, and is dead when it was typed wrong five times.
        """
        params = CodeInput(data=request.data)
        params.is_valid(raise_exception=True)
        leave = services.prove(
            user=me_of(request), session_id=session_of(request), **params.validated_data, device=device_of(request)
        )
        return Response(LeaveSerializer(leave).data)
