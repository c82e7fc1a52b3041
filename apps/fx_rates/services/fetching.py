"""Ask the sources, judge what they say, keep all of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from itertools import takewhile
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from apps.common.clock import database_now
from apps.fx_rates.bank_days import bank_days_between, caracas_date, is_publication_time
from apps.fx_rates.exceptions import FetchRunning
from apps.fx_rates.models import AlertKind, ExchangeRateLog, RateKind, Reason, Verdict
from apps.fx_rates.policy import Held, Judgement, Observation, Policy, decide
from apps.fx_rates.providers import configured_sources
from apps.fx_rates.providers.base import RateSource, SourceFailed
from apps.fx_rates.services.boards import SHOP, accept, count_up, held_for, lock_board, raise_alert

FETCH_LOCK = 0x66785F72  # any number that no other advisory lock has
FAILURES_THAT_REST = 3  # so many in a row, and a source is left alone for a while
FIRST_RETRY, FIRST_REST, LONGEST_REST = timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=6)
EXPECTING = timedelta(minutes=10)  # between questions to official sources while a new rate is about to be published

Answer = tuple[RateSource, list[Observation] | SourceFailed]


@dataclass(slots=True)
class FetchReport:
    """What a round of asking brought: one row per source and currency, and the sources that were left alone."""

    is_dry_run: bool
    resting: list[str]
    answers: list[dict[str, Any]] = field(default_factory=list)

    @property
    def accepted(self) -> list[dict[str, Any]]:
        return [answer for answer in self.answers if answer["verdict"] == Verdict.ACCEPTED]

    def add(self, log: ExchangeRateLog) -> None:
        names = ("source", "currency", "rate", "value_date", "verdict", "reason", "detail")
        self.answers.append({name: getattr(log, name) for name in names})

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "accepted": len(self.accepted)}


def fetch_rates(*, force: bool = False, dry_run: bool = False, now: datetime | None = None) -> FetchReport:
    """Ask every source whose last answer has grown old, all at once, and take what passes the gate.

    A source that keeps failing is left alone for growing times; `force` asks all. A dry run asks and judges, and keeps
    nothing. Call it outside a transaction: companies are asked in between.

    Raises:
        FetchRunning: another process does the same at this moment.
    """
    with _alone():
        sources, now = configured_sources(), now or database_now()
        due = sources if force else [source for source in sources if _is_due(source, now)]
        answers = _ask(due)
        report = FetchReport(dry_run, [source.code for source in sources if source not in due])
        _keep_failures(answers, report, now)
        for currency in settings.FX_CURRENCIES:
            _keep_rates(currency, answers, report, now)
    return report


@contextmanager
def _alone() -> Iterator[None]:
    """One fetcher at a time. The lock belongs to the connection, so a process that dies lets go of it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [FETCH_LOCK])
        if not cursor.fetchone()[0]:
            raise FetchRunning
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [FETCH_LOCK])


def _is_due(source: RateSource, now: datetime) -> bool:
    """Its last answer is older than its interval, or than the rest it has earned by failing."""
    newest = ExchangeRateLog.objects.filter(source=source.code).order_by("-id")
    recent = list(newest.values_list("verdict", "fetched_at")[:10])
    if not recent:
        return True
    failures = sum(1 for _ in takewhile(lambda row: row[0] == Verdict.FAILED, recent))
    return recent[0][1] + (_rest(failures) if failures else _interval(source, now)) <= now


def _interval(source: RateSource, now: datetime) -> timedelta:
    is_expected = source.kind == RateKind.OFFICIAL and is_publication_time(now, settings.FX_BANK_HOLIDAYS)
    return EXPECTING if is_expected else source.interval


def _rest(failures: int) -> timedelta:
    """A little at first; from the third failure in a row on, twice as long each time."""
    if failures < FAILURES_THAT_REST:
        return FIRST_RETRY
    return min(FIRST_REST * (1 << (failures - FAILURES_THAT_REST)), LONGEST_REST)


def _ask(sources: Sequence[RateSource]) -> list[Answer]:
    if not sources:
        return []
    with ThreadPoolExecutor(max_workers=len(sources)) as pool:  # these threads touch no database
        return list(pool.map(_ask_one, sources))


def _ask_one(source: RateSource) -> Answer:
    try:
        return source, source.fetch(settings.FX_CURRENCIES)
    except SourceFailed as failure:
        return source, failure


@transaction.atomic
def _keep_failures(answers: Sequence[Answer], report: FetchReport, now: datetime) -> None:
    for source, said in answers:
        if isinstance(said, SourceFailed):
            log = ExchangeRateLog.objects.create(
                source=source.code,
                kind=source.kind,
                raw=said.raw,
                verdict=Verdict.FAILED,
                reason=said.reason,
                detail=said.detail[:300],
                fetched_at=now,
            )
            report.add(log)
            _tell_failing(log)
    if report.is_dry_run:
        transaction.set_rollback(True)


def _tell_failing(log: ExchangeRateLog) -> None:
    newest = ExchangeRateLog.objects.filter(source=log.source).order_by("-id")
    verdicts = list(newest.values_list("verdict", flat=True)[:FAILURES_THAT_REST])
    if verdicts == [Verdict.FAILED] * FAILURES_THAT_REST:
        key = f"{log.source} {caracas_date(log.fetched_at)}"
        raise_alert(AlertKind.SOURCE_FAILING, "", key, f"{log.source} has failed three times: {log.detail}", log=log)


@transaction.atomic
def _keep_rates(currency: str, answers: Sequence[Answer], report: FetchReport, now: datetime) -> None:
    """Judge and keep what was said of one currency, as one decision."""
    said = [one for _, found in answers if not isinstance(found, SourceFailed) for one in found]
    observations = [one for one in said if one.currency == currency]
    lock_board(currency)
    held, policy = held_for(currency), Policy.configured()
    judgements = decide(observations, held=held, today=caracas_date(now), policy=policy)
    for judgement in sorted(judgements, key=lambda one: one.observation.value_date):
        log = _keep_answer(judgement, now)
        report.add(log)
        if judgement.verdict == Verdict.ACCEPTED:
            held = accept(log, held=held, now=now, actor=SHOP)
        elif judgement.reason:
            _tell_judgement(judgement.reason, log)
    if any(judgement.verdict == Verdict.ACCEPTED for judgement in judgements):
        count_up(currency)
    _tell_nothing_new(currency, held, now, policy)
    if report.is_dry_run:
        transaction.set_rollback(True)


def _keep_answer(judgement: Judgement, now: datetime) -> ExchangeRateLog:
    one = judgement.observation
    return ExchangeRateLog.objects.create(
        source=one.source,
        kind=one.kind,
        base_currency=one.base,
        currency=one.currency,
        rate=one.rate,
        value_date=one.value_date,
        raw=one.raw,
        verdict=judgement.verdict,
        reason=judgement.reason or "",
        fetched_at=now,
    )


def _tell_judgement(reason: Reason, log: ExchangeRateLog) -> None:
    says = f"{log.source} says {log.rate} for {log.value_date}"
    if log.verdict == Verdict.NEEDS_APPROVAL:
        key = f"{log.value_date} {log.source} {log.rate}"
        raise_alert(AlertKind.NEEDS_APPROVAL, log.currency, key, f"{says}: {reason.label.lower()}.", log=log)
    elif reason == Reason.SOURCES_DISAGREE:
        raise_alert(AlertKind.SOURCES_DISAGREE, log.currency, str(log.value_date), f"{says}, others do not.", log=log)
    elif reason == Reason.AGGREGATE_APART:
        key = f"{log.source} {caracas_date(log.fetched_at)}"
        raise_alert(AlertKind.AGGREGATE_APART, log.currency, key, f"{says}, far from the official rate.", log=log)


def _tell_nothing_new(currency: str, held: Held | None, now: datetime, policy: Policy) -> None:
    """A whole bank day has gone by without a new value, or there has never been one."""
    if held is None:
        raise_alert(AlertKind.NOTHING_NEW, currency, "never", "No rate has been accepted yet.")
    elif bank_days_between(held.value_date, caracas_date(now), policy.holidays) > 1:
        detail = f"The newest value is of {held.value_date}."
        raise_alert(AlertKind.NOTHING_NEW, currency, str(held.value_date), detail)
