"""Statements: store what the bank wrote, confirm the reports that it proves beyond doubt, say why not the others."""

from __future__ import annotations

import hashlib
import logging
from collections import Counter, defaultdict
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from pathlib import PurePath
from typing import Any
from uuid import uuid4

from django.core.files.base import ContentFile
from django.db import transaction
from django.db.models.functions import Now

from apps.accounts.models import User
from apps.common.clock import database_now
from apps.common.exceptions import DomainError
from apps.fx_rates.bank_days import caracas_date
from apps.payments.exceptions import StatementRefused
from apps.payments.models import (
    BankStatement,
    ClaimState,
    PagoMovilClaim,
    PagoMovilRecipient,
    StatementLayout,
    StatementLine,
)
from apps.payments.pago_movil.matching import SENTENCES, Reason, Verdict, match
from apps.payments.pago_movil.reading import reference_key
from apps.payments.pago_movil.statements import Line, Statement, UnreadableStatement, read_statement
from apps.payments.selectors import pago_movil as selectors
from apps.payments.services.pago_movil.claims import approve_claim, use_up_line

log = logging.getLogger(__name__)

KEPT_FREE = timedelta(days=60)  # how long a line waits for a report
REFUSED = "refused"  # it fits, and the report could not be confirmed by it


@dataclass(frozen=True, slots=True)
class LineVerdict:
    """What became of one line of the account's statements."""

    row: int
    day: str
    reference: str
    amount: str
    verdict: str
    explanation: str
    claim: str | None = None


@dataclass(frozen=True, slots=True)
class ImportedStatement:
    """What a file brought. `known` lines were in an earlier one; `unmatched` are all that still wait, with reasons."""

    statement: str | None
    lines: int
    known: int
    outgoing: int
    confirmed: list[LineVerdict] = field(default_factory=list)
    unmatched: list[LineVerdict] = field(default_factory=list)
    bad_rows: list[dict[str, Any]] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def import_statement(
    *, recipient_id: int, layout_id: int, filename: str, content: bytes, staff_user: User
) -> ImportedStatement:
    """Keep a bank's file and every line of it, then confirm what it proves; call outside a transaction.

    A line that an earlier file had is not kept again, so the same file twice, or two that overlap, change nothing more.

    Raises:
        StatementRefused: it cannot be read by this layout.
    """
    layout = StatementLayout.objects.get(pk=layout_id)
    try:
        read = read_statement(content, layout.as_layout())
    except UnreadableStatement as error:
        raise StatementRefused(str(error), errors={"file": [str(error)]}) from error
    statement = _store(recipient_id, layout, filename, content, read, staff_user)
    confirmed, unmatched = match_statement_lines(recipient_id=recipient_id, staff_user=staff_user)
    return ImportedStatement(
        str(statement.public_id),
        len(read.lines),
        statement.known_count,
        read.outgoing,
        confirmed,
        unmatched,
        statement.bad_rows,
    )


@transaction.atomic
def _store(
    recipient_id: int, layout: StatementLayout, filename: str, content: bytes, read: Statement, staff_user: User
) -> BankStatement:
    recipient = PagoMovilRecipient.objects.select_for_update().get(pk=recipient_id)  # one file at a time
    prints = _fingerprints(read.lines)
    known = set(
        StatementLine.objects.filter(recipient=recipient, fingerprint__in=prints).values_list("fingerprint", flat=True)
    )
    statement = BankStatement(
        recipient=recipient,
        layout=layout,
        filename=PurePath(filename).name[:200],
        uploaded_by=staff_user,
        bad_rows=[asdict(bad) for bad in read.bad],
        outgoing_count=read.outgoing,
        known_count=len(known),
    )
    ending = ".xlsx" if content.startswith(b"PK") else ".csv"
    statement.file.save(f"{uuid4()}{ending}", ContentFile(content), save=True)
    StatementLine.objects.bulk_create(
        _row(statement, line, fingerprint)
        for line, fingerprint in zip(read.lines, prints, strict=True)
        if fingerprint not in known
    )
    return statement


def _fingerprints(lines: list[Line]) -> list[str]:
    """The same for the same movement in any file: day, reference, amount, and which of those that are equal in all."""
    seen: Counter[str] = Counter()
    prints = []
    for line in lines:
        movement = f"{line.day}|{reference_key(line.reference)}|{line.amount}"
        seen[movement] += 1
        prints.append(hashlib.sha256(f"{movement}|{seen[movement]}".encode()).hexdigest())
    return prints


def _row(statement: BankStatement, line: Line, fingerprint: str) -> StatementLine:
    return StatementLine(
        statement=statement,
        recipient_id=statement.recipient_id,
        row=line.row,
        fingerprint=fingerprint,
        posted_date=line.day,
        reference=line.reference,
        reference_key=reference_key(line.reference),
        amount=line.amount,
        bank_code=line.bank,
        phone=line.phone,
        text=line.text,
    )


def match_statement_lines(*, recipient_id: int, staff_user: User) -> tuple[list[LineVerdict], list[LineVerdict]]:
    """Confirm the reports that free lines of this account prove, in the name of whoever brought the statement.

    Returns what was confirmed, and every free line that proved nothing, with the reason. Call outside a transaction:
    each report is confirmed in its own.
    """
    recipient = PagoMovilRecipient.objects.get(pk=recipient_id)
    since = caracas_date(database_now() - KEPT_FREE)
    for claim in selectors.approved_with_free_lines(recipient, since):
        use_up_line(claim, claim.received_amount or claim.amount)
    verdicts = match(
        selectors.free_lines_of(recipient, since),
        selectors.open_claims_of(recipient),
        selectors.spent_claims_of(recipient, since),
    )
    reasons = {one.line_id: _try_to_confirm(one, staff_user) for one in verdicts}
    _keep_verdicts(verdicts, reasons)
    rows = StatementLine.objects.filter(pk__in=reasons).select_related("claim", "like_claim").order_by("pk")
    shown = [_shown(row, reasons[row.pk]) for row in rows]
    return [one for one in shown if one.verdict == Reason.MATCHED], [
        one for one in shown if one.verdict != Reason.MATCHED
    ]


def _try_to_confirm(verdict: Verdict, staff_user: User) -> str:
    """Nothing when the line paid; else the sentence why not."""
    if verdict.reason != Reason.MATCHED or verdict.claim_id is None:
        return SENTENCES[verdict.reason]
    line = StatementLine.objects.get(pk=verdict.line_id)
    try:
        claim = approve_claim(
            claim_id=verdict.claim_id,
            staff_user=staff_user,
            amount=line.amount,
            line_id=line.pk,
            note=f"Statement {line.statement_id}, row {line.row}.",
        )
    except DomainError as refusal:
        return refusal.detail
    return "" if claim.state == ClaimState.CONFIRMED else "For so much somebody else must approve it too."


def _keep_verdicts(verdicts: list[Verdict], reasons: dict[int, str]) -> None:
    alike: dict[tuple[str, int | None], list[int]] = defaultdict(list)
    for one in verdicts:
        word = REFUSED if one.reason == Reason.MATCHED and reasons[one.line_id] else one.reason.value
        alike[word, one.claim_id].append(one.line_id)
    for (word, claim_id), ids in alike.items():
        StatementLine.objects.filter(pk__in=ids).update(verdict=word, like_claim=claim_id, updated_at=Now())


def _shown(row: StatementLine, why_not: str) -> LineVerdict:
    like: PagoMovilClaim | None = row.claim or row.like_claim
    return LineVerdict(
        row.row,
        row.posted_date.isoformat(),
        row.reference,
        f"{row.amount:.2f}",
        row.verdict,
        why_not or SENTENCES[Reason.MATCHED],
        str(like.public_id) if like else None,
    )
