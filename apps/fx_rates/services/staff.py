"""What staff decide: a rate by hand, an answer that waited, an alert that was seen."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models.functions import Now

from apps.common.clock import database_now
from apps.fx_rates import selectors
from apps.fx_rates.bank_days import caracas_date
from apps.fx_rates.exceptions import AlertNotFound, AnswerNotWaiting, ManualRateRefused, NoManualRate
from apps.fx_rates.models import ExchangeRateAlert, ExchangeRateLog, ExchangeRateSnapshot, RateKind
from apps.fx_rates.policy import Held, Policy
from apps.fx_rates.services.boards import accept, count_up, held_for, lock_board, tell_large_move


@transaction.atomic
def set_manual_rate(
    *, currency: str, rate: Decimal, expires_at: datetime, reason: str, actor: str
) -> ExchangeRateSnapshot:
    """Let this rate stand before all others from now until it expires; a newer manual rate stands before an older one.

    Raises:
        CurrencyNotKept: the shop keeps no rate for it.
        ManualRateRefused: it ends in the past, or later than FX_MANUAL_DAYS from now.
    """
    selectors.require_kept(currency)
    lock_board(currency)
    now = database_now()
    _require_end(expires_at, now)
    made = ExchangeRateSnapshot.objects.create(
        currency=currency,
        rate=rate,
        source="manual",
        kind=RateKind.MANUAL,
        value_date=caracas_date(now),
        effective_at=now,
        expires_at=expires_at,
        reason=reason,
        actor=actor,
    )
    count_up(currency)
    held = held_for(currency)
    if held is not None:
        tell_large_move(made, held.rate)
    return made


def _require_end(expires_at: datetime, now: datetime) -> None:
    latest = now + timedelta(days=settings.FX_MANUAL_DAYS)
    if not now < expires_at <= latest:
        sentence = f"A manual rate ends after now and within {settings.FX_MANUAL_DAYS} days."
        raise ManualRateRefused(sentence, errors={"expires_at": [sentence]})


@transaction.atomic
def end_manual_rate(*, currency: str) -> int:
    """Go back to what the sources say: every manual rate that is in use ends now; returns how many.

    Raises:
        CurrencyNotKept: the shop keeps no rate for it.
        NoManualRate: none is in use.
    """
    selectors.require_kept(currency)
    lock_board(currency)
    now = database_now()
    ended = selectors.manual_rates(currency, now).update(expires_at=now, updated_at=Now())
    if not ended:
        raise NoManualRate(f"No manual rate for {currency} is in use.")
    count_up(currency)
    return ended


@transaction.atomic
def release_answer(*, log_id: int, actor: str) -> ExchangeRateSnapshot:
    """Make an answer that waited for approval the rate.

    Raises:
        AnswerNotWaiting: it never waited, was released already, or a newer rate has come since.
    """
    log = ExchangeRateLog.objects.get(pk=log_id)
    lock_board(log.currency)
    now, policy = database_now(), Policy.configured()
    if not selectors.waiting_answers().filter(pk=log.pk).exists():
        raise AnswerNotWaiting(f"{log} is no answer that waits.")
    held, said = held_for(log.currency), Held(log.source, *log.figure())
    is_newer = held is None or (said.value_date >= held.value_date and said != held)
    if not is_newer or policy.is_stale(said.value_date, caracas_date(now)):
        raise AnswerNotWaiting(f"{log} is not newer than the rate held, or too old.")
    accept(log, held=held, now=now, actor=actor, reason="Released by staff")
    count_up(log.currency)
    return log.snapshot


@transaction.atomic
def acknowledge_alert(*, alert_id: UUID, actor: str, note: str = "") -> ExchangeRateAlert:
    """Somebody has seen it; the first who said so stays written down.

    Raises:
        AlertNotFound: there is none.
    """
    ExchangeRateAlert.objects.filter(public_id=alert_id, acknowledged_at=None).update(
        acknowledged_at=Now(), acknowledged_by=actor, note=note, updated_at=Now()
    )
    alert = ExchangeRateAlert.objects.filter(public_id=alert_id).first()
    if alert is None:
        raise AlertNotFound("There is no such alert.")
    return alert
