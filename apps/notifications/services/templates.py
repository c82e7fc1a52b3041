"""Have our templates at Twilio, and know which of them Meta has approved."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models.functions import Now

from apps.notifications.exceptions import NotSendable
from apps.notifications.models import PhoneTemplateApproval
from apps.notifications.phone_templates import TEMPLATES
from apps.notifications.providers import TwilioProvider, get_twilio

_KNOWN = set(PhoneTemplateApproval.Status.values)


@dataclass(frozen=True, slots=True)
class Registration:
    """One template in one language, and how far its approval is."""

    name: str
    language: str
    content_sid: str
    status: str
    reason: str


def refresh_templates(*, create: bool) -> list[Registration]:
    """Ask how the approvals are, and make the templates that are missing if told to; again changes nothing.

    Raises:
        NotSendable: Twilio has no account for us, or refuses a template; those before it are kept.
        TryLater, OutcomeUnknown: Twilio is away.
    """
    provider = get_twilio()
    if provider is None:
        raise NotSendable("The settings for Twilio are empty: TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN and a sender.")
    if create:
        _create_missing(provider)
    rows = list(PhoneTemplateApproval.objects.order_by("name", "language"))
    for row in rows:
        status, reason = provider.approval_of(row.content_sid)
        row.status = status if status in _KNOWN else PhoneTemplateApproval.Status.DRAFT
        row.reason = reason[:300]
        PhoneTemplateApproval.objects.filter(pk=row.pk).update(status=row.status, reason=row.reason, updated_at=Now())
    return [Registration(row.name, row.language, row.content_sid, row.status, row.reason) for row in rows]


def _create_missing(provider: TwilioProvider) -> None:
    known = set(PhoneTemplateApproval.objects.values_list("name", "language"))
    for template in TEMPLATES.values():
        for language, body in template.bodies.items():
            if (template.name, language) not in known:
                sid = provider.create_template(
                    name=template.name,
                    language=language,
                    body=body,
                    examples=template.examples(),
                    code_minutes=template.code_minutes,
                )
                made = PhoneTemplateApproval(name=template.name, language=language, content_sid=sid)
                PhoneTemplateApproval.objects.bulk_create([made], ignore_conflicts=True)  # two workers may be at it
