"""From a template and a language to the words of a mail."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import css_inline
from django.conf import settings
from django.template import Context, Engine
from django.utils import translation

from apps.notifications.plain import one_line

_inliner = css_inline.CSSInliner(load_remote_stylesheets=False, keep_style_tags=False, keep_at_rules=True)
_SUBJECT_LENGTH = 150
_GAP = re.compile(r"\n[ \t\n]*\n")

FOLDER = settings.BASE_DIR / "templates" / "notifications"


@dataclass(frozen=True, slots=True)
class Words:
    subject: str
    text: str
    html: str


@cache
def mail_templates() -> list[str]:
    """The names of all mails that the shop writes."""
    return sorted(file.name.removesuffix(".subject.txt") for file in FOLDER.glob("*.subject.txt"))


def render(template: str, *, language: str, context: Mapping[str, Any]) -> Words:
    """Render templates/notifications/<template>.subject.txt, .txt and .html; styles end up in attributes."""
    with translation.override(language if language in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE):
        subject = one_line(_render(f"{template}.subject.txt", context, autoescape=False), limit=_SUBJECT_LENGTH)
        text = _render(f"{template}.txt", context, autoescape=False)
        html = _render(f"{template}.html", {**context, "subject": subject}, autoescape=True)
    return Words(subject, _GAP.sub("\n\n", text).strip() + "\n", _inliner.inline(html))


def _render(name: str, context: Mapping[str, Any], *, autoescape: bool) -> str:
    words = {**context, "language": translation.get_language()}
    template = Engine.get_default().get_template(f"notifications/{name}")
    return str(template.render(Context(words, autoescape=autoescape)))
