"""All that a wording of the staff's may use: two tags, and filters that write figures and times. There is no `load`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import template
from django.template import defaultfilters, defaulttags

from apps.notifications.templatetags import mail

register = template.Library()

register.tag("if", defaulttags.do_if)
register.tag("for", defaulttags.do_for)


def _of_what_is_there(write: Callable[[Any], str]) -> Callable[[Any], str]:
    """As the mails of the shop write it; nothing, where nothing is there."""
    return lambda value: "" if value is None or value == "" else write(value)


for name in ("money", "rate", "day", "moment", "source"):
    register.filter(name, _of_what_is_there(mail.register.filters[name]))
for name in ("capfirst", "default", "linebreaksbr", "lower", "upper"):
    register.filter(name, getattr(defaultfilters, name))

FILTERS = sorted(register.filters)
