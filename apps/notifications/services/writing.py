"""The words of a mail: the staff's if they have written some, and the shop's own whenever those cannot be."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from django.db import transaction

from apps.notifications import selectors
from apps.notifications.events import WordingFailed
from apps.notifications.rendering import Words, render
from apps.outbox import services as outbox

log = logging.getLogger(__name__)


def write(template: str, *, language: str, context: Mapping[str, Any]) -> Words:
    """The mail as it goes out today. Wording was tried before it was kept; should it fail all the same, staff hear."""
    style = selectors.mail_style(language)
    wording = selectors.find_wording(template, language)
    if wording is not None:
        try:
            return render(template, language=language, context=context, style=style, wording=wording)
        except Exception as error:  # whatever it is: the person has to be told
            log.exception("the staff's words for %s (%s) fail", template, language)
            with transaction.atomic():
                outbox.publish(WordingFailed(template=template, language=language, error=type(error).__name__))
    return render(template, language=language, context=context, style=style)
