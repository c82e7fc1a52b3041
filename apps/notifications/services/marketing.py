"""Mail to those who have asked for it, and not at night."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.conf import settings

from apps.accounts import services as account_services
from apps.accounts.models import Consent, Marketing
from apps.common.clock import database_now
from apps.notifications import selectors
from apps.notifications.models import Message
from apps.notifications.services.queueing import queue_email


def tell_willing(
    *, user_id: int, kind: Marketing, template: str, about: object, order_number: str = "", **context: Any
) -> Message | None:
    """Mail one kind of marketing to a person who has asked for it, once per `about`; None to all others.

    In the quiet hours of the shop it is held until they are over, and not sent if the person takes the yes back.
    """
    consents = Consent.objects.select_related("user").filter(withdrawn_at=None, user__is_active=True)
    consent = consents.filter(user=user_id, kind=kind).first()
    if consent is None:
        return None
    query = urlencode({"token": account_services.unsubscribe_token(consent)})
    words = {
        "name": selectors.first_name(consent.user),
        "unsubscribe_url": f"{settings.STOREFRONT_URL}/unsubscribe?{query}",
    }
    return queue_email(
        to=consent.user.email,
        template=template,
        language=consent.user.language,
        dedupe_key=f"{template}-{user_id}-{about}",
        context={**words, **context},
        order_number=order_number,
        consent=consent,
        held_until=end_of_quiet_hours(database_now()),
    )


def end_of_quiet_hours(now: datetime) -> datetime | None:
    """When they are over, where the shop is; None if it is not quiet now. They may pass midnight."""
    begin, end = settings.MARKETING_QUIET_HOURS
    local = now.astimezone(ZoneInfo(settings.SHOP_TIME_ZONE))
    if not _is_between(local.time(), begin, end):
        return None
    day = local.date() + timedelta(days=1 if local.time() >= end else 0)
    return datetime.combine(day, end, tzinfo=local.tzinfo)


def _is_between(moment: time, begin: time, end: time) -> bool:
    return begin <= moment < end if begin <= end else moment >= begin or moment < end
