"""What is to be told because its time has come: found by columns, and left out once it was told."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.db.models import (
    BigIntegerField,
    Case,
    CharField,
    Count,
    DurationField,
    Exists,
    F,
    OuterRef,
    QuerySet,
    Value,
    When,
)
from django.db.models.functions import Cast, Concat, Extract, Floor, Now

from apps.accounts.models import Consent, Marketing
from apps.cart import selectors as cart_selectors
from apps.cart.models import Cart, CartItem, CartStatus
from apps.notifications.models import Message
from apps.notifications.plain import one_line
from apps.orders.models import AWAITING_PAYMENT, Order, OrderStatus, OrderStatusChange
from apps.outbox import selectors as outbox_selectors

LONG_WINDOW = timedelta(hours=3)
NOTICE, LONG_NOTICE = timedelta(minutes=5), timedelta(hours=1)
STILL_WORTH_TELLING = timedelta(days=7)  # after that nobody remembers
_TOLD = Exists(Message.objects.filter(dedupe_key=OuterRef("told_key")))


@dataclass(frozen=True, slots=True)
class Goods:
    """A product, and its page in the storefront."""

    name: str
    url: str


@dataclass(frozen=True, slots=True)
class DeadLetters:
    handler: str
    count: int


def windows_about_to_end() -> QuerySet[Order]:
    """Unpaid orders that expire within five minutes, or within an hour where there were hours to pay.

    Those whose customer was told of this very end are left out. A report of a payment has stopped its order's clock.
    """
    notice = Case(
        When(payment_due_at__gte=F("created_at") + LONG_WINDOW, then=Value(LONG_NOTICE)),
        default=Value(NOTICE),
        output_field=DurationField(),
    )
    end = Cast(Cast(Floor(Extract("payment_due_at", "epoch")), BigIntegerField()), CharField())
    key = Concat(Value("payment_expiring-"), Cast("pk", CharField()), Value("-"), end)
    due = Order.objects.filter(
        status__in=AWAITING_PAYMENT, payment_due_at__gt=Now(), payment_due_at__lte=Now() + LONG_NOTICE
    )
    near = due.filter(payment_due_at__lte=Now() + notice).annotate(told_key=key)
    return near.exclude(_TOLD).order_by("payment_due_at")


def reviews_to_invite() -> QuerySet[Order]:
    """Orders that arrived some days ago, at most a week more, whose customers want to be asked and were not."""
    end = Now() - timedelta(days=settings.REVIEW_INVITATION_DAYS)
    arrived = OrderStatusChange.objects.filter(
        new=OrderStatus.COMPLETED, created_at__gt=end - STILL_WORTH_TELLING, created_at__lte=end
    )
    orders = Order.objects.filter(pk__in=arrived.values("order"), status=OrderStatus.COMPLETED)
    key = Concat(Value("review_invitation-"), Cast("customer_id", CharField()), Value("-"), Cast("pk", CharField()))
    willing = orders.filter(_willing("customer_id", Marketing.REVIEWS)).annotate(told_key=key)
    return willing.exclude(_TOLD).order_by("pk") if settings.REVIEW_INVITATION_DAYS else Order.objects.none()


def abandoned_carts() -> QuerySet[Cart]:
    """Carts that nobody has touched for some hours, at most a week more, of people who want to be told, and were not.

    They are looked for from those people: an index over the time of a cart's last change would make each change dearer.
    """
    end = Now() - timedelta(hours=settings.ABANDONED_CART_HOURS)
    left = Cart.objects.filter(status=CartStatus.ACTIVE, updated_at__gt=end - STILL_WORTH_TELLING, updated_at__lte=end)
    filled = left.filter(Exists(CartItem.objects.filter(cart=OuterRef("pk"))))
    willing = Consent.objects.filter(kind=Marketing.ABANDONED_CART, withdrawn_at=None)
    key = Concat(Value("abandoned_cart-"), Cast("user_id", CharField()), Value("-"), Cast("pk", CharField()))
    untold = filled.filter(user__in=willing.values("user")).annotate(told_key=key).exclude(_TOLD)
    return untold.order_by("pk") if settings.ABANDONED_CART_HOURS else Cart.objects.none()


def goods_to_review(order: Order) -> list[Goods]:
    """What of the order can still be looked at in the shop."""
    lines = order.lines.select_related("variant__product__store").order_by("pk")
    products = {line.variant.product_id: line.variant.product for line in lines}
    return [_goods(product.name, product.slug) for product in products.values() if product.is_visible]


def goods_in_cart(cart: Cart) -> list[Goods]:
    """What of the cart can still be bought."""
    lines = cart_selectors.priced_lines(cart)
    return [_goods(line.name, line.slug) for line in lines if line.is_sold and line.available >= line.quantity]


def _goods(name: str, slug: str) -> Goods:
    return Goods(one_line(name, limit=120), f"{settings.STOREFRONT_URL}/products/{slug}")


def _willing(column: str, kind: Marketing) -> Exists:
    return Exists(Consent.objects.filter(user=OuterRef(column), kind=kind, withdrawn_at=None))


def dead_letters() -> list[DeadLetters]:
    """How many each handler has that nobody has replayed."""
    rows = outbox_selectors.dead_letters().order_by("handler").values("handler").annotate(count=Count("pk"))
    return [DeadLetters(row["handler"], row["count"]) for row in rows]
