"""What beat has told: each once, because its message has a key, and what has one is not found again."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from typing import TypeVar

from django.conf import settings
from django.db import DatabaseError, InterfaceError, OperationalError

from apps.accounts.models import Marketing
from apps.cart.models import Cart
from apps.common.clock import database_now
from apps.common.logs import request_id
from apps.notifications import selectors
from apps.notifications.phone_templates import SYSTEM_ERROR
from apps.notifications.services.marketing import tell_willing
from apps.notifications.services.telling import tell_customer, tell_owner, tell_staff
from apps.orders.models import Order

log = logging.getLogger(__name__)
T = TypeVar("T")


def remind_of_payment_windows(*, limit: int = 200) -> int:
    """Tell customers whose time to pay is nearly over, once for each end of it; returns how many."""
    return tell_each(selectors.windows_about_to_end()[:limit], _remind)


def invite_to_review(*, limit: int = 200) -> int:
    """Ask customers who want that what they think of what they bought, once for each order; returns how many."""
    return tell_each(selectors.reviews_to_invite()[:limit], _invite_to_review)


def tell_of_abandoned_carts(*, limit: int = 200) -> int:
    """Tell people who want that what is left in their carts, once for each cart; returns how many."""
    return tell_each(selectors.abandoned_carts()[:limit], _tell_of_cart)


def tell_of_dead_letters() -> int:
    """Tell of handlers that have dead letters, once a day while they have; returns how many."""
    return tell_each(selectors.dead_letters(), _tell_of_dead_letters)


def tell_of_error(*, where: str, error: BaseException | str) -> None:
    """Tell that something fails, once a day for each place and kind; of the error nothing but its name, or just that.

    Never raises: it is called where something has failed already. A database that is away is written about by nobody.
    """
    if isinstance(error, OperationalError | InterfaceError):
        return
    kind = error if isinstance(error, str) else type(error).__name__
    about = f"{where}-{kind}-{_today()}"[:150]
    words = {"where": where, "error": kind}
    try:
        tell_staff("staff_system_error", about=about, **words, request_id=request_id.get())
        tell_owner(SYSTEM_ERROR, words, dedupe_key=f"owner-system-error-{about}")
    except (DatabaseError, ValueError, RuntimeError):
        log.exception("nobody could be told of %s at %s", kind, where)


def _remind(order: Order) -> None:
    if order.payment_due_at is not None:
        tell_customer(order.pk, "payment_expiring", about=int(order.payment_due_at.timestamp()))


def _invite_to_review(order: Order) -> None:
    goods = selectors.goods_to_review(order)
    if goods and order.customer_id is not None:
        tell_willing(
            user_id=order.customer_id,
            kind=Marketing.REVIEWS,
            template="review_invitation",
            about=order.pk,
            order_number=order.number,
            number=order.number,
            goods=goods,
        )


def _tell_of_cart(cart: Cart) -> None:
    goods = selectors.goods_in_cart(cart)
    if goods and cart.user_id is not None:
        tell_willing(
            user_id=cart.user_id,
            kind=Marketing.ABANDONED_CART,
            template="abandoned_cart",
            about=cart.pk,
            goods=goods,
            cart_url=f"{settings.STOREFRONT_URL}/cart",
        )


def _tell_of_dead_letters(letters: selectors.DeadLetters) -> None:
    about = f"{letters.handler}-{_today()}"
    url = f"{settings.SITE_URL}/admin/outbox/delivery/?status__exact=dead"
    tell_staff("staff_dead_letters", about=about, handler=letters.handler, count=letters.count, admin_url=url)
    values = {"where": letters.handler, "error": f"{letters.count} dead letters"}
    tell_owner(SYSTEM_ERROR, values, dedupe_key=f"owner-dead-letters-{about}")


def _today() -> str:
    return database_now().date().isoformat()


def tell_each(rows: Iterable[T], tell: Callable[[T], None]) -> int:
    """One that cannot be told holds up no other; it is found again by the next round."""
    count = 0
    for row in rows:
        try:
            tell(row)
        except Exception:  # whatever it is, the others wait
            log.exception("could not tell of %s", row)
        else:
            count += 1
    return count
