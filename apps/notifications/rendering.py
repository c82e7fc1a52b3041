"""From a template and a language to the words of a mail."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from secrets import token_hex
from typing import Any

import css_inline
from django.conf import settings
from django.template import Context, Engine, Template
from django.utils import translation
from django.utils.safestring import mark_safe

from apps.notifications.plain import one_line
from apps.notifications.wording import PARTS, Wording, fill

_inliner = css_inline.CSSInliner(load_remote_stylesheets=False, keep_style_tags=False, keep_at_rules=True)
_SUBJECT_LENGTH = 150
_PIECES = {"order_table": "_order", "order_address": "_address", "how_to_pay": "_how_to_pay"}
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


@dataclass(frozen=True, slots=True)
class Style:
    """How every mail looks: colours, a picture in place of the shop's name, and what stands at its foot."""

    accent: str = "#1f4b99"
    background: str = "#f4f5f7"
    logo_url: str = ""
    footer: str = ""


def render(
    template: str,
    *,
    language: str,
    context: Mapping[str, Any],
    style: Style | None = None,
    wording: Wording | None = None,
) -> Words:
    """The mail of templates/notifications/<template>.subject.txt, .txt and .html; styles end up in attributes.

    A `wording` takes the place of what these say between the head and the foot, and of their subject. Whatever it
    raises is its own fault, for it was looked through when it was kept.
    """
    with translation.override(language if language in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE):
        context = {**context, "style": style or Style()}
        subject = _render(_file(f"{template}.subject.txt"), context, autoescape=False)
        if wording is not None:
            subject = fill(wording.subject, {**context, "original": subject}, autoescape=False)
        subject = one_line(subject, limit=_SUBJECT_LENGTH)
        context["subject"] = subject
        text = _body(template, "txt", context, wording.text if wording else None)
        html = _body(template, "html", context, wording.html if wording else None)
    return Words(subject, _GAP.sub("\n\n", text).strip() + "\n", _inliner.inline(html))


def _body(template: str, kind: str, context: Mapping[str, Any], wording: str | None) -> str:
    """A whole text or HTML document; the staff's words stand in the shop's own frame, with its foot."""
    is_html = kind == "html"
    name = f"notifications/{template}.{kind}"
    if wording is None:
        return _render(_file(f"{template}.{kind}"), context, autoescape=is_html)
    words = fill(wording, {**context, **_parts(template, kind, context, wording)}, autoescape=is_html)
    frame = Engine.get_default().from_string(
        f'{{% extends "{name}" %}}{{% block greeting %}}{{% endblock %}}'
        "{% block body %}{{ words }}{% endblock %}"
    )
    return _render(frame, {**context, "words": _safe(words)}, autoescape=is_html)


def _parts(template: str, kind: str, context: Mapping[str, Any], wording: str) -> dict[str, str]:
    """Those pieces of the shop's own mail that the wording mentions."""
    parts = {}
    for part in PARTS:
        if part in wording:
            rendered = _original if part == "original" else _piece
            parts[part] = _safe(rendered(template if part == "original" else part, kind, context))
    return parts


def _original(template: str, kind: str, context: Mapping[str, Any]) -> str:
    """What the file says between the edges that the frame marks for us."""
    edge = token_hex(8)
    whole = _render(_file(f"{template}.{kind}"), {**context, "edge": edge}, autoescape=kind == "html")
    return whole.split(edge)[1]


def _piece(part: str, kind: str, context: Mapping[str, Any]) -> str:
    if part == "how_to_pay" and not context["order"].is_awaiting_payment:
        return ""
    return _render(_file(f"{_PIECES[part]}.{kind}"), context, autoescape=kind == "html")


def _safe(words: str) -> str:
    return mark_safe(words)  # noqa: S308  rendered by us a moment ago, each placeholder escaped


def _file(name: str) -> Template:
    return Engine.get_default().get_template(f"notifications/{name}")


def _render(template: Template, context: Mapping[str, Any], *, autoescape: bool) -> str:
    words = {**context, "language": translation.get_language()}
    return str(template.render(Context(words, autoescape=autoescape)))
