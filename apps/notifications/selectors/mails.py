"""How mails are worded and look today."""

from __future__ import annotations

from django.conf import settings
from django.core.files.storage import default_storage

from apps.notifications.models import MailStyle, MailWording
from apps.notifications.rendering import Style
from apps.notifications.wording import Wording


def find_wording(template: str, language: str) -> Wording | None:
    """What staff say in place of the shop's own words, if they do."""
    newest = MailWording.objects.filter(template=template, language=language).order_by("-version").first()
    if newest is None or newest.is_original:
        return None
    return Wording(newest.subject, newest.html, newest.text)


def newest_wordings() -> dict[tuple[str, str], MailWording]:
    """The last change to each mail in each language, those that brought the shop's own back among them."""
    newest = MailWording.objects.order_by("template", "language", "-version").distinct("template", "language")
    return {(one.template, one.language): one for one in newest.defer("html", "text")}


def mail_style(language: str) -> Style:
    row = MailStyle.objects.first()
    if row is None:
        return Style()
    logo = f"{settings.SITE_URL.rstrip('/')}{default_storage.url(row.logo.name)}" if row.logo else ""
    return Style(row.accent, row.background, logo, getattr(row, f"footer_{language}", ""))
