"""Which rate is in use now, was in use then, and what an amount makes in another currency."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal, localcontext
from itertools import pairwise
from typing import NamedTuple
from uuid import UUID

from django.conf import settings
from django.core.cache import cache
from django.db.models import Count, Max, Min, Q, QuerySet

from apps.common import sql
from apps.common.clock import database_now
from apps.common.money import Money, exponent
from apps.fx_rates.bank_days import caracas_date, start_of
from apps.fx_rates.exceptions import CurrencyNotKept, MomentInFuture, NoFitRate, NoRateThen
from apps.fx_rates.models import (
    BASE,
    ExchangeRateAlert,
    ExchangeRateLog,
    ExchangeRateSnapshot,
    RateKind,
    Verdict,
)
from apps.fx_rates.policy import Policy, change_percent

CACHE_SECONDS = 3600  # the longest that an answer is kept; a new version of the board makes it new at once
TEN_PLACES = Decimal("1e-10")


@dataclass(frozen=True, slots=True)
class Rate:
    """One dollar costs `rate` units of `currency`. A fallback carries the owner's margin, which `rate` contains."""

    snapshot_id: int
    public_id: UUID
    base: str
    currency: str
    rate: Decimal
    source: str
    kind: str
    value_date: date
    effective_at: datetime
    expires_at: datetime | None
    good_until: datetime
    is_fallback: bool = False
    margin_percent: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class Conversion:
    """An amount in another currency, rounded once at the end, and the rates that it went through."""

    before: Money
    after: Money
    rate: Decimal
    legs: list[Rate]


class Point(NamedTuple):
    """What a currency cost on one value date."""

    value_date: date
    rate: Decimal


@dataclass(frozen=True, slots=True)
class SourceRecord:
    """How a source has answered."""

    source: str
    answers: int
    failures: int
    last_answer_at: datetime | None


@dataclass(frozen=True, slots=True)
class Statistics:
    """The rates of some days: one point per value date, the newest for it."""

    currency: str
    days: int
    points: list[Point]
    sources: list[SourceRecord]

    @property
    def lowest(self) -> Decimal | None:
        return min((point.rate for point in self.points), default=None)

    @property
    def highest(self) -> Decimal | None:
        return max((point.rate for point in self.points), default=None)

    @property
    def change_percent(self) -> Decimal | None:
        return _step(self.points[0], self.points[-1]) if self.points else None

    @property
    def largest_step_percent(self) -> Decimal | None:
        return max((_step(*pair) for pair in pairwise(self.points)), key=abs, default=None)


def _step(one: Point, later: Point) -> Decimal:
    return change_percent(one.rate, later.rate).quantize(Decimal("0.01"))


def require_kept(currency: str) -> None:
    if currency not in settings.FX_CURRENCIES:
        raise CurrencyNotKept(currency)


def accepted(currency: str) -> QuerySet[ExchangeRateSnapshot]:
    """What passed the gate, newest value date first, in use already or not."""
    rates = ExchangeRateSnapshot.objects.filter(currency=currency).exclude(kind=RateKind.MANUAL)
    return rates.order_by("-value_date", "-id")


def manual_rates(currency: str, at: datetime) -> QuerySet[ExchangeRateSnapshot]:
    """What staff had set for that moment, the one that counts first."""
    by_hand = ExchangeRateSnapshot.objects.filter(currency=currency, kind=RateKind.MANUAL)
    return by_hand.filter(effective_at__lte=at, expires_at__gt=at).order_by("-id")


def history(currency: str) -> QuerySet[ExchangeRateSnapshot]:
    """Every rate that there has been, newest first."""
    return ExchangeRateSnapshot.objects.filter(currency=currency).order_by("-effective_at", "-id")


def waiting_answers() -> QuerySet[ExchangeRateLog]:
    """Answers that staff may release, newest first."""
    return ExchangeRateLog.objects.filter(verdict=Verdict.NEEDS_APPROVAL, snapshot=None).order_by("-id")


def alerts(*, is_acknowledged: bool | None = None) -> QuerySet[ExchangeRateAlert]:
    """Newest first; open ones only, or done ones only, when asked."""
    rows = ExchangeRateAlert.objects.order_by("-id")
    return rows if is_acknowledged is None else rows.filter(acknowledged_at__isnull=not is_acknowledged)


def version(currency: str) -> int:
    """A number that grows with every change of the currency's rates, for whoever keeps something made of them."""
    return _version_and_now(currency)[0]


def current_rate(currency: str) -> Rate:
    """The rate in use at this moment. A new one is seen by the very next call, in every process.

    Raises:
        CurrencyNotKept: the shop keeps no rate for it.
        NoFitRate: none is fresh, and the owner has not allowed the fallback.
    """
    require_kept(currency)
    return current_rate_of(currency, *_version_and_now(currency))


def current_rate_of(currency: str, number: int, now: datetime) -> Rate:
    """`current_rate` for a caller that has read the board's version and the database's clock in a statement of its own.

    Raises:
        NoFitRate: none is fresh, and the owner has not allowed the fallback.
    """
    key = f"fx:{currency}:{number}:{settings.FX_STALE_DAYS}:{settings.FX_FALLBACK_MARGIN_PERCENT}"
    kept: Rate | None = cache.get(key)
    if kept is not None and now < kept.good_until:
        return kept
    rate = _fit_rate(currency, now) or _fallback(currency, now)
    if rate is None:
        raise NoFitRate(currency)
    cache.set(key, rate, CACHE_SECONDS)
    return rate


def next_beginning(currency: str, now: datetime) -> datetime | None:
    """When a rate that is known already will come into use."""
    begins: datetime | None = accepted(currency).filter(effective_at__gt=now).aggregate(at=Min("effective_at"))["at"]
    return begins


def rate_at(currency: str, at: datetime) -> Rate:
    """The rate that was in use at that moment; a fallback is not, for the margin of that day is not known.

    Raises:
        CurrencyNotKept, MomentInFuture
        NoRateThen: none was fit.
    """
    require_kept(currency)
    if at > database_now():
        raise MomentInFuture("Rates are known up to now.", errors={"at": ["This moment is still to come."]})
    rate = _fit_rate(currency, at)
    if rate is None:
        raise NoRateThen(f"No rate for {currency} was in use at {at.isoformat()}.")
    return rate


def convert(money: Money, currency: str) -> Conversion:
    """The amount in another currency at the rates of now, through the dollar where neither side is one.

    Raises:
        CurrencyNotKept, NoFitRate
    """
    legs = [current_rate(side) for side in (money.currency, currency) if side != BASE]
    by_currency = {leg.currency: leg.rate for leg in legs}
    with localcontext(prec=60):
        rate = by_currency.get(currency, Decimal(1)) / by_currency.get(money.currency, Decimal(1))
        if money.currency == currency:
            rate = Decimal(1)
    after = multiplied(money.amount, rate, currency)
    return Conversion(money, after, rate.quantize(TEN_PLACES, ROUND_HALF_UP).normalize(), legs)


def multiplied(amount: Decimal, rate: Decimal, currency: str) -> Money:
    """amount × rate, rounded half up to the currency once, however long the figures are."""
    with localcontext(prec=80):
        unit = Decimal(1).scaleb(-exponent(currency))
        return Money((amount * rate).quantize(unit, ROUND_HALF_UP), currency)


def statistics(currency: str, days: int) -> Statistics:
    """The last `days` days of a currency, and how each source has answered in them."""
    require_kept(currency)
    now = database_now()
    rows = accepted(currency).filter(value_date__gt=caracas_date(now) - timedelta(days=days), effective_at__lte=now)
    newest = dict(rows.order_by("value_date", "id").values_list("value_date", "rate"))
    asked = ExchangeRateLog.objects.filter(currency__in=["", currency], fetched_at__gt=now - timedelta(days=days))
    failed = Count("id", filter=Q(verdict=Verdict.FAILED))
    last = Max("fetched_at", filter=~Q(verdict=Verdict.FAILED))
    records = asked.values("source").annotate(answers=Count("id"), failures=failed, last_answer_at=last)
    points = [Point(*pair) for pair in newest.items()]
    return Statistics(currency, days, points, [SourceRecord(**row) for row in records.order_by("source")])


_VERSION = """
SELECT coalesce((SELECT version FROM fx_rates_exchangerateboard WHERE currency = %s), 0), statement_timestamp()
"""


def _version_and_now(currency: str) -> tuple[int, datetime]:
    [(number, now)] = sql.fetch_all(_VERSION, currency)
    return number, now


def _fit_rate(currency: str, at: datetime) -> Rate | None:
    by_hand = manual_rates(currency, at).first()
    if by_hand is not None and by_hand.expires_at is not None:
        return _as_rate(by_hand, by_hand.expires_at)
    rate = accepted(currency).filter(effective_at__lte=at).first()
    policy = Policy.configured()
    if rate is None or policy.is_stale(rate.value_date, caracas_date(at)):
        return None
    return _as_rate(rate, _end_of(rate, at, policy))


def _end_of(rate: ExchangeRateSnapshot, at: datetime, policy: Policy) -> datetime:
    """When the clock alone will change the answer: a rate that is known begins to hold, or this one grows stale."""
    stale_from = start_of(rate.value_date + timedelta(days=policy.stale_days + 1))
    return min(stale_from, next_beginning(rate.currency, at) or stale_from)


def _fallback(currency: str, now: datetime) -> Rate | None:
    """The last accepted rate plus the owner's margin, if he has allowed it."""
    rate = accepted(currency).filter(effective_at__lte=now).first()
    if rate is None or settings.FX_FALLBACK_MARGIN_PERCENT == "":
        return None
    margin = Decimal(settings.FX_FALLBACK_MARGIN_PERCENT)
    later = now + timedelta(seconds=CACHE_SECONDS)
    last = _as_rate(rate, min(later, next_beginning(currency, now) or later))
    return replace(last, rate=with_margin(rate.rate, margin), is_fallback=True, margin_percent=margin)


def with_margin(rate: Decimal, margin_percent: Decimal) -> Decimal:
    return (rate * (100 + margin_percent) / 100).quantize(TEN_PLACES, ROUND_HALF_UP)


def _as_rate(row: ExchangeRateSnapshot, good_until: datetime) -> Rate:
    return Rate(
        snapshot_id=row.pk,
        public_id=row.public_id,
        base=row.base_currency,
        currency=row.currency,
        rate=row.rate,
        source=row.source,
        kind=row.kind,
        value_date=row.value_date,
        effective_at=row.effective_at,
        expires_at=row.expires_at,
        good_until=good_until,
    )
