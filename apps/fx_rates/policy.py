"""Which figure is fit to be a rate: answers, the rate held, the day and the limits go in; verdicts come out.

It touches neither database nor network. Why the rules are these: docs/adr/0010-which-rate-is-fit.md.
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from itertools import groupby

from django.conf import settings

from apps.fx_rates.bank_days import bank_days_between
from apps.fx_rates.models import BASE, OFFICIAL_ONLY, RateKind, Reason, Verdict


@dataclass(frozen=True, slots=True)
class Observation:
    """One source's figure: `rate` units of `currency` for one `base`, holding from `value_date` in Caracas.

    `raw` is the text it was read from.
    """

    source: str
    kind: RateKind
    currency: str
    rate: Decimal
    value_date: date
    raw: str = ""
    base: str = BASE


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """The owner's limits; percentages are of the figure held. `sources` is the order of precedence."""

    sources: Sequence[str]
    agreement_percent: Decimal
    rise_percent: Decimal
    fall_percent: Decimal
    lone_percent: Decimal
    aggregate_percent: Decimal
    alert_percent: Decimal
    ahead_days: int
    stale_days: int
    holidays: frozenset[date] = frozenset()

    @classmethod
    def configured(cls) -> Policy:
        """The limits of the settings."""
        return cls(
            sources=settings.FX_SOURCES,
            agreement_percent=settings.FX_AGREEMENT_PERCENT,
            rise_percent=settings.FX_RISE_PERCENT,
            fall_percent=settings.FX_FALL_PERCENT,
            lone_percent=settings.FX_LONE_PERCENT,
            aggregate_percent=settings.FX_AGGREGATE_PERCENT,
            alert_percent=settings.FX_ALERT_PERCENT,
            ahead_days=settings.FX_AHEAD_DAYS,
            stale_days=settings.FX_STALE_DAYS,
            holidays=settings.FX_BANK_HOLIDAYS,
        )

    def is_stale(self, value_date: date, today: date) -> bool:
        return value_date < today - timedelta(days=self.stale_days)

    def may_move(self, held: Held, to: Observation, *, is_agreed: bool) -> bool:
        """So much per bank day that has gone by; one source alone never more than `lone_percent` in all."""
        days = max(1, bank_days_between(held.value_date, to.value_date, self.holidays))
        move = change_percent(held.rate, to.rate)
        limit = (self.rise_percent if move > 0 else self.fall_percent) * days
        return abs(move) <= (limit if is_agreed else min(limit, self.lone_percent))

    def agree(self, one: Decimal, other: Decimal) -> bool:
        return apart_percent(one, other) <= self.agreement_percent

    def rank(self, source: str) -> int:
        """The place in the order of precedence; a source that is no longer asked comes last."""
        return self.sources.index(source) if source in self.sources else len(self.sources)


@dataclass(frozen=True, slots=True)
class Held:
    """The newest accepted rate."""

    source: str
    rate: Decimal
    value_date: date


@dataclass(frozen=True, slots=True)
class Judgement:
    """What is to become of one answer."""

    observation: Observation
    verdict: Verdict
    reason: Reason | None = None


@dataclass(slots=True)
class _Round:
    """One currency's answers on their way through the gate; `held` moves on with every figure that is accepted."""

    policy: Policy
    held: Held | None
    references: list[Observation] = field(default_factory=list)
    judgements: list[Judgement] = field(default_factory=list)

    def say(self, observation: Observation, verdict: Verdict, reason: Reason | None = None) -> None:
        self.judgements.append(Judgement(observation, verdict, reason))


def authority(currency: str) -> RateKind:
    """Which kind of source may set this currency's rate; the other kind is only compared with it."""
    return RateKind.OFFICIAL if currency in OFFICIAL_ONLY else RateKind.AGGREGATE


def decide(observations: Sequence[Observation], *, held: Held | None, today: date, policy: Policy) -> list[Judgement]:
    """Judge what the sources say of one currency, in their own order; at most one figure per value date is accepted."""
    gate = _Round(policy, held)
    sound: list[Observation] = []
    for observation in observations:
        reason = _unfit(observation, held, today, policy)
        if reason is not None:
            gate.say(observation, Verdict.REFUSED, reason)
        elif observation.kind == authority(observation.currency):
            sound.append(observation)
        else:
            gate.references.append(observation)
    sound.sort(key=lambda one: (one.value_date, policy.rank(one.source)))
    neighbours = [*sound, *gate.references]
    for _, group in groupby(sound, key=lambda one: one.value_date):
        _settle(gate, list(group), neighbours)
    _compare(gate)
    return sorted(gate.judgements, key=lambda one: observations.index(one.observation))


def _unfit(observation: Observation, held: Held | None, today: date, policy: Policy) -> Reason | None:
    """The gate that every figure passes alone."""
    if not (observation.rate.is_finite() and 0 < observation.rate < 10**10):
        return Reason.NOT_POSITIVE
    if observation.value_date > today + timedelta(days=policy.ahead_days):
        return Reason.TOO_FAR_AHEAD
    if policy.is_stale(observation.value_date, today):
        return Reason.STALE
    if observation.kind == authority(observation.currency) and held and observation.value_date < held.value_date:
        return Reason.OLDER_THAN_HELD
    return None


def _settle(gate: _Round, group: list[Observation], neighbours: Sequence[Observation]) -> None:
    """Sources that speak of one value date must agree; the figure they stand for must be near the one held."""
    policy, chosen = gate.policy, _spokesman(group, gate.policy)
    if chosen is None:
        for one in group:
            gate.say(one, Verdict.REFUSED, Reason.SOURCES_DISAGREE)
        return
    others = [one for one in group if one is not chosen]
    agreeing = [one for one in others if policy.agree(one.rate, chosen.rate)]
    verdict, reason = _weigh(gate, chosen, is_agreed=bool(agreeing), neighbours=neighbours)
    gate.say(chosen, verdict, reason)
    if verdict == Verdict.ACCEPTED:
        gate.held = Held(chosen.source, chosen.rate, chosen.value_date)
    for one in others:
        if one not in agreeing:
            gate.say(one, Verdict.REFUSED, Reason.SOURCES_DISAGREE)
        else:
            gate.say(one, Verdict.CONFIRMED if reason is None else verdict, reason)


def _spokesman(group: list[Observation], policy: Policy) -> Observation | None:
    """The first in precedence when all agree, the one in the middle when there are three or more, else nobody."""
    rates = [one.rate for one in group]
    if policy.agree(min(rates), max(rates)):
        return group[0]
    if len(group) < 3:
        return None
    middle = statistics.median_low(rates)
    return next(one for one in group if one.rate == middle)


def _weigh(
    gate: _Round, chosen: Observation, *, is_agreed: bool, neighbours: Sequence[Observation]
) -> tuple[Verdict, Reason | None]:
    held, policy = gate.held, gate.policy
    if held is None:
        return _weigh_first(chosen, neighbours, policy)
    if chosen.value_date == held.value_date:
        return _weigh_again(chosen, held, policy)
    if policy.may_move(held, chosen, is_agreed=is_agreed):
        return Verdict.ACCEPTED, None
    return Verdict.NEEDS_APPROVAL, Reason.BEYOND_DEVIATION


def _weigh_first(
    chosen: Observation, neighbours: Sequence[Observation], policy: Policy
) -> tuple[Verdict, Reason | None]:
    """Nothing is held to compare with, so another source must say about the same."""
    near = (
        one.source != chosen.source and apart_percent(one.rate, chosen.rate) <= policy.aggregate_percent
        for one in neighbours
    )
    return (Verdict.ACCEPTED, None) if any(near) else (Verdict.NEEDS_APPROVAL, Reason.NO_NEIGHBOUR)


def _weigh_again(chosen: Observation, held: Held, policy: Policy) -> tuple[Verdict, Reason | None]:
    """A second figure for a day that has one: only a source as good or better may refine it, and only a little."""
    if chosen.rate == held.rate:
        return Verdict.CONFIRMED, None
    if not policy.agree(chosen.rate, held.rate):
        return Verdict.NEEDS_APPROVAL, Reason.SOURCES_DISAGREE
    is_better = policy.rank(chosen.source) <= policy.rank(held.source)
    return (Verdict.ACCEPTED if is_better else Verdict.CONFIRMED), None


def _compare(gate: _Round) -> None:
    for one in gate.references:
        is_near = gate.held is None or apart_percent(one.rate, gate.held.rate) <= gate.policy.aggregate_percent
        gate.say(one, Verdict.REFERENCE, None if is_near else Reason.AGGREGATE_APART)


def change_percent(old: Decimal, new: Decimal) -> Decimal:
    return (new - old) / old * 100


def apart_percent(one: Decimal, other: Decimal) -> Decimal:
    """How far two figures are from each other, in percent of the smaller."""
    return (max(one, other) / min(one, other) - 1) * 100
