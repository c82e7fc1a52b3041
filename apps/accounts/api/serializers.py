from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from rest_framework import serializers

from apps.accounts.models import User
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
