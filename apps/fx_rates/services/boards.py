"""The lock under which a currency's rates change, what is held under it, and how a new rate is written."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from django.db import connection

from apps.fx_rates import selectors
from apps.fx_rates.bank_days import start_of
from apps.fx_rates.events import RateAlertRaised
from apps.fx_rates.models import AlertKind, ExchangeRateAlert, ExchangeRateBoard, ExchangeRateLog, ExchangeRateSnapshot
from apps.fx_rates.policy import Held, Policy, change_percent
from apps.outbox import services as outbox

SHOP = "shop"  # the actor when nobody pressed a button


def lock_board(currency: str) -> None:
    """Nobody else changes this currency's rates until the caller's transaction ends."""
    ExchangeRateBoard.objects.bulk_create([ExchangeRateBoard(currency=currency)], ignore_conflicts=True)
    ExchangeRateBoard.objects.select_for_update().get(currency=currency)


def count_up(currency: str) -> None:
    """Something changed: whatever was kept for a moment under the old version is not read any more."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE fx_rates_exchangerateboard SET version = nextval('fx_rates_version') WHERE currency = %s",
            [currency],
        )


def held_for(currency: str) -> Held | None:
    """The newest accepted rate, in use already or from its value date on."""
    newest = selectors.accepted(currency).first()
    return None if newest is None else Held(newest.source, newest.rate, newest.value_date)


def accept(log: ExchangeRateLog, *, held: Held | None, now: datetime, actor: str, reason: str = "") -> Held:
    """Make an answer the rate, from its value date on but never before now; a large move is told to staff."""
    rate, value_date = log.figure()
    made = ExchangeRateSnapshot.objects.create(
        base_currency=log.base_currency,
        currency=log.currency,
        rate=rate,
        source=log.source,
        kind=log.kind,
        value_date=value_date,
        effective_at=max(now, start_of(value_date)),
        actor=actor,
        reason=reason,
        log=log,
    )
    if held is not None:
        tell_large_move(made, held.rate)
    return Held(log.source, rate, value_date)


def tell_large_move(made: ExchangeRateSnapshot, before: Decimal) -> None:
    """Tell staff of a new rate that is more than FX_ALERT_PERCENT away from the one before."""
    change = change_percent(before, made.rate)
    if abs(change) > Policy.configured().alert_percent:
        detail = f"From {before.normalize():f} to {made.rate.normalize():f} by {made.source}: {change:+.2f} %."
        raise_alert(
            AlertKind.LARGE_MOVE, made.currency, str(made.public_id), detail, change_percent=change, log=made.log
        )


def raise_alert(
    kind: AlertKind,
    currency: str,
    key: str,
    detail: str,
    *,
    change_percent: Decimal | None = None,
    log: ExchangeRateLog | None = None,
) -> None:
    """Tell staff once; the same key again is the same alert, acknowledged or not."""
    facts = {"detail": detail[:300], "change_percent": change_percent, "log": log}
    alert, is_new = ExchangeRateAlert.objects.get_or_create(kind=kind, currency=currency, key=key, defaults=facts)
    if is_new:
        outbox.publish(RateAlertRaised(alert_id=alert.pk, kind=kind, currency=currency))
