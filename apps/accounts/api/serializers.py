from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from rest_framework import serializers

from apps.accounts.models import User, UserSession
from apps.common.api.fields import phone_number


class UserSerializer(serializers.ModelSerializer[User]):
    id = serializers.UUIDField(source="public_id", read_only=True)

    class Meta:
        model = User
        fields = ["id", "email", "first_name", "last_name", "phone", "language", "is_staff", "created_at"]
        read_only_fields = fields


class TokensSerializer(serializers.Serializer[Any]):
    access = serializers.CharField(help_text="Send as `Authorization: Bearer …`; lives 15 minutes.")
    refresh = serializers.CharField(help_text="Good for one `auth/refresh/` within 7 days.")


class SignedInSerializer(TokensSerializer):
    user = UserSerializer()


class ProfileInput(serializers.Serializer[Any]):
    first_name = serializers.CharField(max_length=80, required=False, allow_blank=True)
    last_name = serializers.CharField(max_length=80, required=False, allow_blank=True)
    phone = serializers.CharField(required=False, allow_blank=True, validators=[phone_number])
    language = serializers.ChoiceField(choices=settings.LANGUAGES, required=False)


class RegisterInput(ProfileInput):
    """Either name of the second password may be sent, or none."""

    email = serializers.EmailField(max_length=254)
    password = serializers.CharField(max_length=128, trim_whitespace=False)
    password_confirm = serializers.CharField(max_length=128, trim_whitespace=False, required=False)
    confirm_password = serializers.CharField(max_length=128, trim_whitespace=False, required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        for name in ("password_confirm", "confirm_password"):
            if attrs.pop(name, attrs["password"]) != attrs["password"]:
                raise serializers.ValidationError({name: ["The two passwords differ."]}, code="password_mismatch")
        return attrs


class LoginInput(serializers.Serializer[Any]):
    email = serializers.CharField(max_length=254)
    password = serializers.CharField(max_length=128, trim_whitespace=False)

    def run_validation(self, data: Any = serializers.empty) -> Any:
        if isinstance(data, Mapping) and not (data.get("email") and data.get("password")):
            message = "Must include email and password."
            raise serializers.ValidationError({"non_field_errors": [message]}, code="required")
        return super().run_validation(data)


class RefreshInput(serializers.Serializer[Any]):
    refresh = serializers.CharField()


class SessionSerializer(serializers.ModelSerializer[UserSession]):
    id = serializers.UUIDField(source="public_id", read_only=True)
    device_info = serializers.CharField(source="user_agent", help_text="The program, as it names itself.")
    last_activity = serializers.DateTimeField(source="last_activity_at", help_text="To the minute.")
    is_current = serializers.SerializerMethodField(help_text="The session that this very request was made in.")

    class Meta:
        model = UserSession
        fields = ["id", "device_info", "ip_address", "created_at", "last_activity", "is_current"]
        read_only_fields = fields

    def get_is_current(self, session: UserSession) -> bool:
        return session.public_id == self.context.get("current")


class DeactivatedSerializer(serializers.Serializer[Any]):
    deactivated = serializers.IntegerField(help_text="How many devices were signed out.")


class SecuritySettingsSerializer(serializers.Serializer[Any]):
    max_sessions_per_user = serializers.IntegerField(help_text="0: no maximum.")
    session_expire_days = serializers.IntegerField()
    auto_cleanup_sessions = serializers.BooleanField()
    log_session_activities = serializers.BooleanField()
    force_logout_on_suspicious_activity = serializers.BooleanField()
    suspicious_networks = serializers.IntegerField(help_text="Sign-ins from so many within an hour are suspicious.")


class SessionStatsSerializer(serializers.Serializer[Any]):
    active_sessions = serializers.IntegerField()
    total_sessions = serializers.IntegerField(help_text="Those that are over are kept for `expire_days`.")
    max_allowed = serializers.IntegerField(help_text="One more signs the oldest out; 0: no maximum.")
    expire_days = serializers.IntegerField()
    security_settings = SecuritySettingsSerializer()
