"""Alerts are asked for, told and ended. That one is told is decided here, by one statement, at the price of now."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction
from django.db.models.functions import Now

from apps.accounts.models import User
from apps.accounts.services.ending_links import EndingLink
from apps.catalog.exceptions import ProductNotFound
from apps.common import sql
from apps.common.money import Money
from apps.wishlists import selectors
from apps.wishlists.exceptions import AlertAlreadyMet, TargetPriceRefused, TooManyAlerts
from apps.wishlists.models import AlertKind, AlertStatus, PriceAlert
from apps.wishlists.selectors.alerts import IS_MET
from apps.wishlists.selectors.things import THING_NOW
from apps.wishlists.services.holding import hold_person
from apps.wishlists.services.lists import sold_variant

MOST_ALERTS = 100
_link = EndingLink[PriceAlert](salt="wishlists.price_alert")


@transaction.atomic
def ask_for_alert(
    *,
    user: User,
    kind: AlertKind,
    product_id: int,
    variant_public_id: UUID | None = None,
    target_price: Money | None = None,
) -> PriceAlert:
    """Tell the person when the product, or the variant, costs less, or can be bought again.

    There is one of a kind for a thing. To ask anew for what waits already, with the same target, changes nothing;
    otherwise the alert begins anew, from the price of now.

    Raises:
        ProductNotFound, VariantNotFound: it is not sold.
        AlertAlreadyMet: it can be bought now.
        TargetPriceRefused: the target is not below the price of now, or of another currency.
        TooManyAlerts: a hundred wait.
    """
    hold_person(user)
    variant = None if variant_public_id is None else sold_variant(product_id, variant_public_id)
    now = selectors.thing_now(product_id=product_id, variant_id=None if variant is None else variant.pk)
    if now.price is None:
        raise ProductNotFound("There is no such product.")
    alert = PriceAlert.objects.filter(user=user, kind=kind, product=product_id, variant=variant).first()
    is_waiting = alert is not None and alert.status == AlertStatus.WAITING
    if alert is not None and is_waiting and alert.target_price == target_price:
        return alert
    if kind == AlertKind.BACK_IN_STOCK and now.is_in_stock:
        raise AlertAlreadyMet("It can be bought now.")
    _require_target(target_price, kind=kind, now=now.price)
    if not is_waiting and PriceAlert.objects.filter(user=user, status=AlertStatus.WAITING).count() >= MOST_ALERTS:
        raise TooManyAlerts(MOST_ALERTS)
    return PriceAlert.objects.update_or_create(
        user=user,
        kind=kind,
        product_id=product_id,
        variant=variant,
        defaults={
            "status": AlertStatus.WAITING,
            "currency": now.price.currency,
            "asked_amount": now.price.amount,
            "target_amount": None if target_price is None else target_price.amount,
            "told_amount": None,
            "updated_at": Now(),
        },
    )[0]


def take_alert(*, alert_id: int) -> PriceAlert | None:
    """Write down that the person is told now, or None if there is nothing to tell at this moment.

    Whether there is, at which price, and that nobody else tells it: all by one statement, whose row a rival waits for
    and then finds told. Call it in the transaction that writes the message.
    """
    if not sql.execute(_TAKE, alert_id):
        return None
    return PriceAlert.objects.select_related("user", "product", "variant").get(pk=alert_id)


# A rival that has waited for the row looks at it anew, and sees what was told; `now` stays as it was read.
_TAKE = f"""
UPDATE wishlists_pricealert a SET updated_at = statement_timestamp(), told_at = statement_timestamp(),
    told_count = a.told_count + 1,
    told_amount = CASE a.kind WHEN 'price_drop' THEN now.price END,
    status = CASE a.kind WHEN 'price_drop' THEN a.status ELSE 'told' END
FROM (SELECT a.id, now.* FROM wishlists_pricealert a CROSS JOIN {THING_NOW} WHERE a.id = %s) AS now
WHERE a.id = now.id AND {IS_MET}
"""  # noqa: S608  our own constants


def end_alert(*, alert_id: int) -> None:
    """The person wants no more of it, also not what is on its way to him. Twice is once."""
    PriceAlert.objects.filter(pk=alert_id).exclude(status=AlertStatus.ENDED).update(
        status=AlertStatus.ENDED, updated_at=Now()
    )


def alert_token(alert: PriceAlert) -> str:
    """What a mail's link carries: it opens nothing but the end of this alert."""
    return _link.token(alert)


def look_at_alert(*, token: str) -> PriceAlert:
    """The alert that a mail was about, as it stands.

    Raises:
        LinkNotValid: the token is not ours, or the person is gone.
    """
    return _link.row(token, PriceAlert.objects.select_related("product"))


def end_alert_by_token(*, token: str) -> PriceAlert:
    """End what the mail was about, also if it was asked for anew since; twice is once.

    Raises:
        LinkNotValid: as `look_at_alert`.
    """
    alert = look_at_alert(token=token)
    end_alert(alert_id=alert.pk)
    alert.refresh_from_db(fields=["status"])
    return alert


def _require_target(target: Money | None, *, kind: AlertKind, now: Money) -> None:
    if target is None:
        return
    if kind != AlertKind.PRICE_DROP:
        raise TargetPriceRefused("Only an alert of a lower price has a target.")
    if target.currency != now.currency:
        raise TargetPriceRefused(f"The price is in {now.currency}.")
    if not Money.zero(now.currency) < target < now:
        raise TargetPriceRefused(f"It costs {now} now; name less than that, and more than nothing.")
