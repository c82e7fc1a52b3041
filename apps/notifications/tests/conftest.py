"""A shop with an account at the sandbox's Twilio, whose templates are approved in English."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import pytest

from apps.notifications.models import Message, PhoneTemplateApproval
from apps.notifications.phone_templates import TEMPLATES
from apps.notifications.providers import get_twilio
from apps.notifications.services.sending import report_url

ANA, OWNER = "+584121234567", "+584140000001"


@dataclass
class Phones:
    sandbox: Any
    client: Any

    @property
    def heard(self):
        """What has come to phones, oldest first."""
        return self.sandbox.control("GET", "/twilio/messages")[::-1]

    def switch(self, **wishes):
        self.sandbox.control("PUT", "/twilio/switches", wishes)

    def become(self, message, status, error_code=None):
        message.refresh_from_db()
        path = f"/twilio/messages/{message.provider_id}/status"
        return self.sandbox.control("POST", path, {"status": status, "error_code": error_code})

    def report(self, hook, message, **headers):
        """Post a report to the shop as a proxy passes it on: by plain HTTP, to another host."""
        address = urlsplit(report_url(message))
        sent = {"X-Twilio-Signature": hook.headers["X-Twilio-Signature"], **headers}
        return self.client.post(
            f"{address.path}?{address.query}",
            data=hook.body,
            content_type="application/x-www-form-urlencoded",
            headers=sent,
        )

    def report_all(self, message, *, reverse=False):
        hooks = [one for one in self.sandbox.webhooks if one.company == "twilio"]
        return [self.report(one, message).status_code for one in (hooks[::-1] if reverse else hooks)]


@pytest.fixture
def phones(db, sandbox, settings, client):
    settings.TWILIO_ACCOUNT_SID, settings.TWILIO_AUTH_TOKEN = "AC" + "1" * 32, "sandbox"
    settings.TWILIO_WHATSAPP_FROM, settings.TWILIO_SMS_FROM = "+14155238886", "+14155238886"
    settings.TWILIO_BASE_URL = f"{sandbox.url}/twilio"
    settings.WHATSAPP_OWNER_NUMBER, settings.WHATSAPP_OWNER_LANGUAGE = OWNER, "en"
    settings.SITE_URL, settings.STOREFRONT_URL = "https://api.shop.example", "https://shop.example"
    settings.PROVIDER_TIMEOUTS = (1.0, 1.0)
    phones = Phones(sandbox, client)
    phones.switch(delivery_seconds=None)
    for template in TEMPLATES.values():
        approve(template)
    return phones


def approve(template, language="en"):
    twilio, body = get_twilio(), template.bodies[language]
    wanted = {"examples": template.examples(), "code_minutes": template.code_minutes}
    sid = twilio.create_template(name=template.name, language=language, body=body, **wanted)
    status, _ = twilio.approval_of(sid)
    return PhoneTemplateApproval.objects.create(name=template.name, language=language, content_sid=sid, status=status)


def state(message: Message) -> tuple[str, str]:
    message.refresh_from_db()
    return message.status, message.error_code
