from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, ClassVar

from django.conf import settings
from django.utils import timezone
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apps.accounts import selectors
from apps.accounts.models import (
    Address,
    Channel,
    Consent,
    DataExport,
    ExportStatus,
    Marketing,
    StepUp,
    StepUpPurpose,
    User,
    UserSession,
)
from apps.common.api.fields import PhoneInput, country_code


def in_the_past(day: date) -> None:
    if not date(1900, 1, 1) <= day < timezone.localdate():
        raise serializers.ValidationError("Write a day that has passed, after 1900.", code="not_in_the_past")


class CodeChannelSerializer(serializers.Serializer[Any]):
    channel = serializers.ChoiceField(choices=Channel.choices)
    sent_to = serializers.CharField(help_text="Mostly hidden.")


class UserSerializer(serializers.ModelSerializer[User]):
    id = serializers.UUIDField(source="public_id", read_only=True)
    is_email_verified = serializers.BooleanField(read_only=True)
    picture = serializers.SerializerMethodField(help_text="The address of the person's picture, or null.")
    code_channels = serializers.SerializerMethodField(help_text="The ways on which `auth/otp/` can send a code.")
    account_type = serializers.SerializerMethodField(help_text="`business` for whoever works in a store.")

    class Meta:
        model = User
        fields = [
            "id",
            "email",
            "is_email_verified",
            "username",
            "first_name",
            "last_name",
            "phone",
            "code_channels",
            "date_of_birth",
            "account_type",
            "picture",
            "language",
            "is_staff",
            "created_at",
        ]
        read_only_fields = fields

    @extend_schema_field({"type": "string", "enum": ["buyer", "business"]})
    def get_account_type(self, user: User) -> str:
        """What the stores say, looked up there; nothing else remembers it."""
        return "business" if user.store_memberships.all() else "buyer"

    @extend_schema_field(CodeChannelSerializer(many=True))
    def get_code_channels(self, user: User) -> list[dict[str, str]]:
        return selectors.code_channels(user)

    @extend_schema_field({"type": "string", "nullable": True})
    def get_picture(self, user: User) -> str | None:
        return user.picture.url if user.picture else None


class TokensSerializer(serializers.Serializer[Any]):
    access = serializers.CharField(help_text="Send as `Authorization: Bearer …`; lives 15 minutes.")
    refresh = serializers.CharField(
        help_text="Good for one `auth/refresh/` within 7 days. Left out when it went into a cookie.", required=False
    )


class SignedInSerializer(TokensSerializer):
    user = UserSerializer()


class ProfileInput(PhoneInput):
    first_name = serializers.CharField(max_length=80, required=False, allow_blank=True)
    last_name = serializers.CharField(max_length=80, required=False, allow_blank=True)
    language = serializers.ChoiceField(choices=settings.LANGUAGES, required=False)
    username = serializers.RegexField(
        r"^[\w.+-]{3,60}\Z", required=False, allow_null=True, help_text="Optional: people log in by e-mail address."
    )
    date_of_birth = serializers.DateField(required=False, allow_null=True, validators=[in_the_past])


class _TwiceInput(serializers.Serializer[Any]):
    """Either name of the second password may be sent, or none."""

    first: ClassVar[str] = "password"

    password_confirm = serializers.CharField(max_length=128, trim_whitespace=False, required=False)
    confirm_password = serializers.CharField(max_length=128, trim_whitespace=False, required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        for name in ("password_confirm", "confirm_password"):
            if attrs.pop(name, attrs[self.first]) != attrs[self.first]:
                raise serializers.ValidationError({name: ["The two passwords differ."]}, code="password_mismatch")
        return attrs


class RegisterInput(ProfileInput, _TwiceInput):
    email = serializers.EmailField(max_length=254)
    password = serializers.CharField(max_length=128, trim_whitespace=False)


class RegisteredSerializer(serializers.Serializer[Any]):
    message = serializers.CharField()
    user = UserSerializer()


class CustomerInput(ProfileInput):
    email = serializers.EmailField(max_length=254)


class CustomerSerializer(UserSerializer):
    """A customer as staff see one."""

    class Meta(UserSerializer.Meta):
        fields = [*UserSerializer.Meta.fields, "is_active", "email_verified_at", "locked_at", "last_login"]
        read_only_fields = fields


class EmailInput(serializers.Serializer[Any]):
    email = serializers.EmailField(max_length=254)


class MessageSerializer(serializers.Serializer[Any]):
    message = serializers.CharField()


class LinkInput(serializers.Serializer[Any]):
    token = serializers.CharField(max_length=200, help_text="From the link in the mail.")


class LinkSerializer(serializers.Serializer[Any]):
    email = serializers.EmailField(help_text="The address that a POST would verify.")
    expires_at = serializers.DateTimeField()
    message = serializers.CharField()


class NewPasswordInput(LinkInput, _TwiceInput):
    password = serializers.CharField(max_length=128, trim_whitespace=False)


class ChangePasswordInput(_TwiceInput):
    first = "new_password"

    current_password = serializers.CharField(max_length=128, trim_whitespace=False)
    new_password = serializers.CharField(max_length=128, trim_whitespace=False)


class StepUpInput(serializers.Serializer[Any]):
    purpose = serializers.ChoiceField(choices=StepUpPurpose.choices, help_text="What you want to do.")
    channel = serializers.ChoiceField(
        choices=Channel.choices, default=Channel.EMAIL, help_text="How to send it: one of your `code_channels`."
    )


class CodeSentSerializer(serializers.ModelSerializer[StepUp]):
    sent_to = serializers.SerializerMethodField(help_text="Where it is on its way to, mostly hidden.")
    expires_at = serializers.DateTimeField(source="code_expires_at")

    class Meta:
        model = StepUp
        fields = ["purpose", "channel", "sent_to", "expires_at"]
        read_only_fields = fields

    def get_sent_to(self, step_up: StepUp) -> str:
        user = self.context["user"]
        if step_up.channel == Channel.WHATSAPP:
            return selectors.masked_phone(user.phone_for_codes)
        return selectors.masked_email(user.email)


class CodeInput(serializers.Serializer[Any]):
    code = serializers.RegexField(r"^[0-9]{6}\Z", help_text="Six digits.")


class LeaveSerializer(serializers.Serializer[Any]):
    step_up_token = serializers.CharField(source="token", help_text="Send it as `X-Step-Up-Token`.")
    purpose = serializers.ChoiceField(choices=StepUpPurpose.choices)
    expires_at = serializers.DateTimeField()


def _second_factor() -> serializers.CharField:
    return serializers.CharField(
        max_length=40,
        required=False,
        default="",
        allow_blank=True,
        help_text="Staff with a second factor: six digits of their app, or a recovery code.",
    )


class LoginInput(serializers.Serializer[Any]):
    email = serializers.CharField(max_length=254)
    password = serializers.CharField(max_length=128, trim_whitespace=False)
    otp = _second_factor()

    def run_validation(self, data: Any = serializers.empty) -> Any:
        if isinstance(data, Mapping) and not (data.get("email") and data.get("password")):
            message = "Must include email and password."
            raise serializers.ValidationError({"non_field_errors": [message]}, code="required")
        return super().run_validation(data)


class GoogleInput(serializers.Serializer[Any]):
    credential = serializers.CharField(max_length=5000, help_text="The ID token that Google's button hands over.")
    nonce = serializers.CharField(max_length=200, required=False, default="", allow_blank=True)
    password = serializers.CharField(
        max_length=128,
        trim_whitespace=False,
        required=False,
        default="",
        allow_blank=True,
        help_text="After `google-link-needed`: the password of the account that has the address.",
    )
    otp = _second_factor()


class RefreshInput(serializers.Serializer[Any]):
    refresh = serializers.CharField(help_text="Left out when the browser sends it in the cookie.", required=False)


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


def _kept_currency(code: str) -> None:
    if code not in {"", settings.BASE_CURRENCY, *settings.FX_CURRENCIES}:
        raise serializers.ValidationError("The shop does not tell prices in this currency.", code="unknown")


class ConsentSerializer(serializers.ModelSerializer[Consent]):
    since = serializers.DateTimeField(source="created_at", read_only=True)

    class Meta:
        model = Consent
        fields = ["kind", "since", "source"]
        read_only_fields = fields


class PreferencesSerializer(serializers.ModelSerializer[User]):
    marketing = ConsentSerializer(source="live_consents", many=True, read_only=True)

    class Meta:
        model = User
        fields = ["language", "currency", "channels", "marketing"]
        read_only_fields = fields


class PreferencesInput(serializers.Serializer[Any]):
    language = serializers.ChoiceField(choices=settings.LANGUAGES, required=False)
    currency = serializers.CharField(max_length=3, required=False, allow_blank=True, validators=[_kept_currency])
    channels = serializers.ListField(
        child=serializers.ChoiceField(choices=Channel.choices),
        required=False,
        max_length=len(Channel),
        help_text="Ways to be told of orders. What is about the account's security always goes by mail.",
    )

    marketing = serializers.ListField(
        child=serializers.ChoiceField(choices=Marketing.choices),
        required=False,
        max_length=len(Marketing),
        help_text="All kinds of marketing that the person asks for, by mail; an empty list ends them.",
    )

    def validate_channels(self, channels: list[str]) -> list[str]:
        return sorted(set(channels))


class AddressSerializer(serializers.ModelSerializer[Address]):
    id = serializers.UUIDField(source="public_id", read_only=True)

    class Meta:
        model = Address
        fields = [
            "id",
            "kind",
            "is_default",
            "first_name",
            "last_name",
            "address_line_1",
            "address_line_2",
            "city",
            "state_province",
            "postal_code",
            "country",
            "phone",
        ]
        read_only_fields = fields


class AddressInput(PhoneInput, serializers.ModelSerializer[Address]):
    country = serializers.CharField(validators=[country_code], help_text="ISO 3166-1 alpha-2, like VE.")

    class Meta:
        model = Address
        fields = [name for name in AddressSerializer.Meta.fields if name != "id"]


class PictureInput(serializers.Serializer[Any]):
    picture = serializers.FileField(help_text="A JPEG, PNG or WebP of at most 10 MB.")


class DataExportSerializer(serializers.ModelSerializer[DataExport]):
    status = serializers.SerializerMethodField()
    requested_at = serializers.DateTimeField(source="created_at", read_only=True)
    size_bytes = serializers.SerializerMethodField(help_text="Of the ZIP; null while there is none.")

    class Meta:
        model = DataExport
        fields = ["status", "requested_at", "ready_at", "expires_at", "size_bytes"]
        read_only_fields = fields

    @extend_schema_field(serializers.ChoiceField(choices=ExportStatus.choices))
    def get_status(self, export: DataExport) -> str:
        return export.status_at(timezone.now())

    def get_size_bytes(self, export: DataExport) -> int | None:
        return export.file.size if export.file else None
