"""Who may see which orders."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.core.signing import BadSignature, Signer
from django.db.models import F, Q, QuerySet, Sum

from apps.accounts.models import User
from apps.common.personal_data import Person
from apps.orders.exceptions import OrderNotFound
from apps.orders.models import AWAITING_PAYMENT, Order, OrderLine, OrderStatus, PaymentStatus
from apps.stores.models import Store

_KEPT = [PaymentStatus.PAID, PaymentStatus.PARTIALLY_REFUNDED]  # money came, and some of it stayed
_signer = Signer(salt="orders.guest")


def get_order(*, order_id: int) -> Order:
    return Order.objects.get(pk=order_id)


def orders_visible_to(user: Any) -> QuerySet[Order]:
    """Staff with the permission see all, a customer their own, anybody else none; newest first."""
    orders = Order.objects.order_by("-pk")
    if not user.is_authenticated:
        return orders.none()
    return orders if user.has_perm("orders.view_order") else orders.filter(customer=user)


def orders_of(person: Person) -> QuerySet[Order]:
    """A person's orders; with them those that were placed as a guest under an address that is proved to be his."""
    mine = Q(customer_id=person.user_id)
    if person.mailbox:
        mine |= Q(customer=None, email__iexact=person.mailbox)
    return Order.objects.filter(mine)


def units_sold(*, since: datetime) -> dict[int, int]:
    """Units of paid orders placed since then, by product."""
    lines = OrderLine.objects.filter(order__created_at__gte=since, order__payment_status__in=_KEPT).order_by()
    sold = lines.values_list("variant__product").annotate(units=Sum(F("quantity") - F("given_up_quantity")))
    return {product_id: units for product_id, units in sold if units}


def has_bought(user: User, *, product_id: int) -> bool:
    """Whether the person keeps a unit of the product that is paid for; as a guest too, under an address proved his."""
    mine = Q(order__customer=user)
    if user.is_email_verified:
        mine |= Q(order__customer=None, order__email__iexact=user.email)
    return lines_bought().filter(mine, variant__product=product_id).exists()


def lines_bought() -> QuerySet[OrderLine]:
    """Those that are paid for, and of which somebody keeps a unit."""
    return OrderLine.objects.filter(order__payment_status__in=_KEPT, quantity__gt=F("given_up_quantity"))


def find_order(*, name: str, user: Any, token: str = "") -> Order:
    """The order of that number or public id, if it is the user's or the guest token opens it.

    Raises:
        OrderNotFound: there is none, or it is not the caller's to know of.
    """
    order = Order.objects.filter(_named(name)).first()
    if order is None or not (_opens(token, order) or orders_visible_to(user).filter(pk=order.pk).exists()):
        raise OrderNotFound("There is no such order among yours.")
    return order


def lines_sold_by(store: Store) -> QuerySet[OrderLine]:
    """What a store has sold, newest first; an order that nobody has paid is nobody's work yet."""
    unpaid = [*AWAITING_PAYMENT, OrderStatus.EXPIRED]
    lines = OrderLine.objects.filter(store=store).exclude(order__status__in=unpaid)
    return lines.select_related("order").order_by("-pk")


def belongs_to(order: Order, *, user: Any, token: str = "") -> bool:
    """Whether the order is the user's own or the guest token opens it; staff who see all orders own none of them."""
    return _opens(token, order) or (user.is_authenticated and order.customer_id == user.pk)


def guest_token(order: Order) -> str:
    """What lets a guest come back to one order: the signed number; whoever holds it sees that order and no other."""
    return _signer.sign(order.number)


def _opens(token: str, order: Order) -> bool:
    try:
        return _signer.unsign(token) == order.number
    except BadSignature:
        return False


def _named(name: str) -> Q:
    try:
        return Q(public_id=UUID(name))
    except ValueError:
        return Q(number=name.upper())
