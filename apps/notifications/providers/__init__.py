"""Who carries the messages of each channel, built from the settings of the moment."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings

from apps.notifications.models import Channel
from apps.notifications.providers import twilio
from apps.notifications.providers.base import ChannelProvider, Document, Outgoing, Progress, Report, TrackedProvider
from apps.notifications.providers.email import EmailProvider
from apps.notifications.providers.twilio import TwilioProvider

__all__ = [
    "ChannelProvider",
    "Document",
    "EmailProvider",
    "Outgoing",
    "Progress",
    "Report",
    "TrackedProvider",
    "TwilioProvider",
    "get_provider",
    "get_twilio",
]


def get_provider(channel: str) -> ChannelProvider | None:
    """Whoever carries messages this way; None where the settings for it are empty."""
    return _BUILDERS[channel]()


def get_twilio() -> TwilioProvider | None:
    """Any channel of Twilio's: its reports and templates are those of the account."""
    return _whatsapp() or _sms()


def _email() -> ChannelProvider:
    return EmailProvider(sender=settings.DEFAULT_FROM_EMAIL)


def _whatsapp() -> TwilioProvider | None:
    return _twilio(settings.TWILIO_WHATSAPP_FROM, twilio.WHATSAPP)


def _sms() -> TwilioProvider | None:
    return _twilio(settings.TWILIO_SMS_FROM, "")


def _twilio(sender: str, prefix: str) -> TwilioProvider | None:
    if not (sender and settings.TWILIO_ACCOUNT_SID and settings.TWILIO_AUTH_TOKEN):
        return None
    client = twilio.connect(
        settings.TWILIO_API_KEY_SID or settings.TWILIO_ACCOUNT_SID,
        settings.TWILIO_API_KEY_SECRET or settings.TWILIO_AUTH_TOKEN,
        settings.TWILIO_ACCOUNT_SID,
        settings.TWILIO_BASE_URL,
        settings.PROVIDER_TIMEOUTS[1],
    )
    return TwilioProvider(
        client=client,
        auth_token=settings.TWILIO_AUTH_TOKEN,
        sender=sender.removeprefix(twilio.WHATSAPP),
        prefix=prefix,
    )


_BUILDERS: dict[str, Callable[[], ChannelProvider | None]] = {
    Channel.EMAIL: _email,
    Channel.WHATSAPP: _whatsapp,
    Channel.SMS: _sms,
}
