"""Quotes: an amount promised in another currency for a while. One row each, never changed."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings

from apps.common import sql
from apps.common.clock import database_now
from apps.common.money import Money
from apps.fx_rates import selectors
from apps.fx_rates.exceptions import AmountTooSmall, QuoteExpired, QuoteNotFound
from apps.fx_rates.models import ExchangeQuote


def quote(*, money: Money, currency: str, now: datetime | None = None) -> ExchangeQuote:
    """Promise what `money` makes in `currency` at the rate of now, for FX_QUOTE_MINUTES.

    `now` is the database's time, from a caller who has asked for it already.

    Raises:
        CurrencyNotKept, NoFitRate
        AmountTooSmall: it rounds to nothing.
    """
    conversion = selectors.convert(money, currency)
    if conversion.after.amount <= 0:
        raise AmountTooSmall(f"{money} is less than the smallest amount of {currency}.")
    first, *rest = sorted(conversion.legs, key=lambda leg: leg.currency != currency)
    promise = ExchangeQuote(
        base_amount=money.amount,
        base_currency=money.currency,
        amount=conversion.after.amount,
        currency=currency,
        rate=conversion.rate,
        snapshot_id=first.snapshot_id,
        through_id=rest[0].snapshot_id if rest else None,
        source=first.source,
        value_date=first.value_date,
        is_fallback=any(leg.is_fallback for leg in conversion.legs),
        margin_percent=first.margin_percent,
        expires_at=(now or database_now()) + timedelta(minutes=settings.FX_QUOTE_MINUTES),
    )
    sql.insert(promise)
    return promise


def redeem(*, public_id: UUID, money: Money, currency: str) -> ExchangeQuote:
    """The quote of this name, if it still promises `currency` for exactly this `money`.

    Raises:
        QuoteNotFound
        QuoteExpired: its time is over, or it is for something else; `renewed` makes a fresh one for the answer.
    """
    found = ExchangeQuote.objects.filter(public_id=public_id).first()
    if found is None:
        raise QuoteNotFound("There is no such quote; ask for a new one.")
    if (found.before, found.currency) != (money, currency):
        raise QuoteExpired(f"This quote is not for {money} in {currency}.", before=money, currency=currency)
    if found.expires_at <= database_now():
        raise QuoteExpired(f"The quote for {money} has ended.", before=money, currency=currency)
    return found


def renewed(refusal: QuoteExpired) -> QuoteExpired:
    """The same refusal with a fresh quote in it; call outside the transaction that was refused."""
    fresh = quote(money=refusal.before, currency=refusal.currency)
    extra = {
        "quote": {
            "id": str(fresh.public_id),
            "before": fresh.before.as_json(),
            "after": fresh.after.as_json(),
            "rate": f"{fresh.rate.normalize():f}",
            "source": fresh.source,
            "value_date": fresh.value_date.isoformat(),
            "expires_at": fresh.expires_at.isoformat(),
        }
    }
    detail = f"{refusal.detail} A fresh one is in `quote`."
    return QuoteExpired(detail, before=fresh.before, currency=fresh.currency, **extra)
