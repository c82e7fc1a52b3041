"""Which line of a statement is which reported payment. Only what leaves no doubt is a match; the rest gets a reason."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum

from apps.payments.pago_movil.reading import reference_key, reference_tail

DAYS_EARLIER, DAYS_LATER = timedelta(days=1), timedelta(days=3)  # a payment of a Saturday may be posted on Tuesday
FEWEST_TELLING_DIGITS = 6  # of a reference, without its leading zeros


class Reason(StrEnum):
    """Why a line was matched, or why it was not."""

    MATCHED = "matched"
    USED_BEFORE = "used_before"
    SEVERAL_LINES = "several_lines"
    SEVERAL_CLAIMS = "several_claims"
    NOT_WHAT_WAS_ASKED = "not_what_was_asked"
    OTHER_AMOUNT = "other_amount"
    OTHER_PHONE = "other_phone"
    OTHER_BANK = "other_bank"
    OTHER_DAY = "other_day"
    SHORT_REFERENCE = "short_reference"
    LIKE_ANOTHER = "like_another"
    PARTS = "parts"
    NOT_REPORTED = "not_reported"


# What can keep two with the same reference apart, the smallest difference first
LIKENESS = [
    Reason.SHORT_REFERENCE,
    Reason.NOT_WHAT_WAS_ASKED,
    Reason.OTHER_DAY,
    Reason.OTHER_PHONE,
    Reason.OTHER_BANK,
    Reason.OTHER_AMOUNT,
]
SENTENCES: dict[str, str] = {
    Reason.MATCHED: "It is the reported payment, to the cent.",
    Reason.USED_BEFORE: "A report with these digits was confirmed by hand; this may be its money.",
    Reason.SEVERAL_LINES: "Several lines fit the same report.",
    Reason.SEVERAL_CLAIMS: "Several reports fit this line.",
    Reason.NOT_WHAT_WAS_ASKED: "It is what was reported, but not the amount that was asked.",
    Reason.OTHER_AMOUNT: "A report has this reference and another amount.",
    Reason.OTHER_PHONE: "A report has this reference and amount, and another phone.",
    Reason.OTHER_BANK: "A report has this reference and amount, and another bank.",
    Reason.OTHER_DAY: "A report has this reference and amount, and a day too far away.",
    Reason.SHORT_REFERENCE: "The reference has too few digits to be sure of it.",
    Reason.LIKE_ANOTHER: "A report has this amount and a reference that is almost the same.",
    Reason.PARTS: "With another line of these days it makes the amount of a report; it may be a part.",
    Reason.NOT_REPORTED: "Nobody has reported it.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """What a customer reported, on which account he was asked for how much, and since when."""

    id: int
    reference: str
    amount: Decimal
    asked: Decimal
    day: date
    asked_on: date
    bank: str
    phone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Posted:
    """A line of that account's statement."""

    id: int
    reference: str
    amount: Decimal
    day: date
    bank: str = ""
    phone: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    line_id: int
    reason: Reason
    claim_id: int | None = None  # the one that it is; or the one that it is like


def match(lines: Iterable[Posted], claims: Iterable[Claimed], spent: Iterable[Claimed] = ()) -> list[Verdict]:
    """One verdict for each line, in their order. Lines and claims must be all that are still free on one account.

    `spent` are reports that staff confirmed without a line, `amount` being what they saw: a line that may be one of
    theirs proves no other, or the same money, reported again for another day, would pay twice.
    """
    lines, claims = list(lines), list(claims)
    by_key, used = _grouped(claims), _Spent(spent)
    fitting = {
        line.id: [one for one in by_key[reference_key(line.reference)] if _is_exact(line, one)] for line in lines
    }
    lines_of: dict[int, int] = defaultdict(int)
    for found in fitting.values():
        for claim in found:
            lines_of[claim.id] += 1
    others = _Others(lines, claims, by_key)
    return [used.verdict_on(line) or _judge(line, fitting[line.id], lines_of, others) for line in lines]


class _Spent:
    """Reports that were confirmed without a line."""

    def __init__(self, claims: Iterable[Claimed]) -> None:
        self.by_key: dict[str, int] = {}
        self.by_tail: dict[tuple[str, Decimal], int] = {}
        for claim in claims:
            self.by_key[reference_key(claim.reference)] = claim.id
            self.by_tail[reference_tail(claim.reference), claim.amount] = claim.id

    def verdict_on(self, line: Posted) -> Verdict | None:
        """Its money whatever the amount where all digits are the same; where the last ones are, of that amount only."""
        claim_id = self.by_key.get(reference_key(line.reference))
        claim_id = claim_id or self.by_tail.get((reference_tail(line.reference), line.amount))
        return Verdict(line.id, Reason.USED_BEFORE, claim_id) if claim_id else None


def _grouped(claims: list[Claimed]) -> dict[str, list[Claimed]]:
    by_key: dict[str, list[Claimed]] = defaultdict(list)
    for claim in claims:
        by_key[reference_key(claim.reference)].append(claim)
    return by_key


def _is_exact(line: Posted, claim: Claimed) -> bool:
    return _difference(line, claim) is None


def _difference(line: Posted, claim: Claimed) -> Reason | None:
    """What keeps two with the same reference apart; None: nothing."""
    if line.amount != claim.amount:
        return Reason.OTHER_AMOUNT
    if line.amount != claim.asked:
        return Reason.NOT_WHAT_WAS_ASKED
    if line.phone and line.phone != claim.phone:
        return Reason.OTHER_PHONE
    if line.bank and line.bank != claim.bank:
        return Reason.OTHER_BANK
    if not max(claim.asked_on, claim.day - DAYS_EARLIER) <= line.day <= claim.day + DAYS_LATER:
        return Reason.OTHER_DAY
    if len(reference_key(line.reference)) < FEWEST_TELLING_DIGITS:
        return Reason.SHORT_REFERENCE
    return None


def _judge(line: Posted, exact: list[Claimed], lines_of: dict[int, int], others: _Others) -> Verdict:
    if len(exact) > 1:
        return Verdict(line.id, Reason.SEVERAL_CLAIMS, exact[0].id)
    if exact and lines_of[exact[0].id] > 1:
        return Verdict(line.id, Reason.SEVERAL_LINES, exact[0].id)
    if exact:
        return Verdict(line.id, Reason.MATCHED, exact[0].id)
    return others.explain(line)


class _Others:
    """Why a line is none of the reports, by what it is most like."""

    def __init__(self, lines: list[Posted], claims: list[Claimed], by_key: dict[str, list[Claimed]]) -> None:
        self.by_key = by_key
        self.by_amount: dict[Decimal, list[Claimed]] = defaultdict(list)
        for claim in claims:
            self.by_amount[claim.amount].append(claim)
        self.lines_by_amount: dict[Decimal, list[Posted]] = defaultdict(list)
        for line in lines:
            self.lines_by_amount[line.amount].append(line)
        self.claims = claims

    def explain(self, line: Posted) -> Verdict:
        same = [(_difference(line, one), one) for one in self.by_key[reference_key(line.reference)]]
        unlike = [(LIKENESS.index(reason), one) for reason, one in same if reason]
        if unlike:
            place, claim = min(unlike, key=lambda pair: pair[0])
            return Verdict(line.id, LIKENESS[place], claim.id)
        like = next((one for one in self.by_amount[line.amount] if _are_alike(line.reference, one.reference)), None)
        if like:
            return Verdict(line.id, Reason.LIKE_ANOTHER, like.id)
        whole = next((claim for claim in self.claims if self._is_part(line, claim)), None)
        if whole:
            return Verdict(line.id, Reason.PARTS, whole.id)
        return Verdict(line.id, Reason.NOT_REPORTED)

    def _is_part(self, line: Posted, claim: Claimed) -> bool:
        rest = claim.asked - line.amount
        near = claim.day - DAYS_EARLIER, claim.day + DAYS_LATER
        return (
            rest > 0
            and near[0] <= line.day <= near[1]
            and any(near[0] <= other.day <= near[1] and other.id != line.id for other in self.lines_by_amount[rest])
        )


def _are_alike(one: str, other: str) -> bool:
    """The last six digits are the same, or a digit is mistyped, or two have changed places."""
    if reference_tail(one) == reference_tail(other):
        return True
    keys = reference_key(one), reference_key(other)
    return len(keys[0]) == len(keys[1]) and sum(a != b for a, b in zip(*keys, strict=True)) <= 2
