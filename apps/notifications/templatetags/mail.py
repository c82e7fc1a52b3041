"""Figures and times as people write them, in the language that is active."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from django import template
from django.conf import settings
from django.utils import formats, translation

from apps.common.money import Money, exponent

register = template.Library()

_SYMBOLS = {"USD": "US$", "EUR": "€", "VES": "Bs.", "NGN": "₦", "GHS": "GH₵", "KES": "KSh", "ZAR": "R", "BRL": "R$"}
_SOURCES = {"bcv": "BCV"}
_COMMAS = str.maketrans(",.", ".,")


@register.filter
def money(value: Money) -> str:
    """1.234,56 US$ in Spanish, US$ 1.234,56 in Portuguese, US$1,234.56 in English; the spaces do not break."""
    figure = f"{value.rounded().amount:,.{exponent(value.currency)}f}"
    symbol = _SYMBOLS.get(value.currency)
    language = translation.get_language()
    if language == "es":
        return f"{figure.translate(_COMMAS)}\u00a0{symbol or value.currency}"
    if language == "pt":
        return f"{symbol or value.currency}\u00a0{figure.translate(_COMMAS)}"
    return f"{symbol}{figure}" if symbol else f"{value.currency}\u00a0{figure}"


@register.filter
def rate(value: Decimal) -> str:
    """784,6633 in Spanish and Portuguese, 784.6633 in English: every place that counts, and none that does not."""
    figure = f"{value.normalize():,f}"
    return figure if translation.get_language() == "en" else figure.translate(_COMMAS)


@register.filter
def day(value: date) -> str:
    return formats.date_format(value, "DATE_FORMAT")


@register.filter
def source(code: str) -> str:
    """Who told a rate, as people know it."""
    return _SOURCES.get(code, code.replace("_", " "))


@register.filter
def moment(value: datetime) -> str:
    """Date and time where the shop is, with its distance from UTC."""
    local = value.astimezone(ZoneInfo(settings.SHOP_TIME_ZONE))
    offset = local.strftime("%z")
    return f"{formats.date_format(local, 'DATETIME_FORMAT')} (UTC{offset[:3]}:{offset[3:]})"
