"""Orders, their frozen lines, what happened to them, and what was sent."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Func, Q, Value
from django.db.models.functions import Cast, Concat, Now

from apps.catalog.models import ProductVariant
from apps.common.models import PublicModel, TimeStampedModel
from apps.common.money import Money
from apps.fx_rates.models import ExchangeQuote
from apps.orders.exceptions import OrderTransitionNotAllowed
from apps.stores.models import Store


class OrderStatus(models.TextChoices):
    CREATED = "created"  # placed; no payment has begun
    PENDING = "pending"  # a payment is under way
    CONFIRMED = "confirmed"  # paid
    PROCESSING = "processing"  # being packed
    SHIPPED = "shipped"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    REFUNDED = "refunded"
    EXPIRED = "expired"  # the payment window ended without money


NEXT_STATUSES: dict[str, set[str]] = {
    OrderStatus.CREATED: {OrderStatus.PENDING, OrderStatus.CONFIRMED, OrderStatus.CANCELLED, OrderStatus.EXPIRED},
    OrderStatus.PENDING: {OrderStatus.CONFIRMED, OrderStatus.CANCELLED, OrderStatus.EXPIRED},
    OrderStatus.EXPIRED: {OrderStatus.CONFIRMED},  # money came late and the units were still free
    OrderStatus.CONFIRMED: {
        OrderStatus.PROCESSING,
        OrderStatus.SHIPPED,
        OrderStatus.CANCELLED,
        OrderStatus.REFUNDED,
    },
    OrderStatus.PROCESSING: {OrderStatus.SHIPPED, OrderStatus.CANCELLED, OrderStatus.REFUNDED},
    OrderStatus.SHIPPED: {OrderStatus.COMPLETED, OrderStatus.REFUNDED},
    OrderStatus.COMPLETED: {OrderStatus.REFUNDED},
    OrderStatus.CANCELLED: {OrderStatus.REFUNDED},
    OrderStatus.REFUNDED: set(),
}
AWAITING_PAYMENT = [OrderStatus.CREATED, OrderStatus.PENDING]


class PaymentStatus(models.TextChoices):
    UNPAID = "unpaid"
    PARTIALLY_PAID = "partially_paid"
    PAID = "paid"
    PARTIALLY_REFUNDED = "partially_refunded"
    REFUNDED = "refunded"


class FulfilmentStatus(models.TextChoices):
    UNFULFILLED = "unfulfilled"
    PARTIALLY_FULFILLED = "partially_fulfilled"
    FULFILLED = "fulfilled"


# Unique without a lock; a gap means a checkout that was refused. Source of the sequence: migration 0002.
_NEXT_NUMBER = Concat(
    Value("ORD-"), Cast(Func(Value("orders_order_number"), function="nextval"), models.CharField(max_length=16))
)


class Order(PublicModel):
    """What a customer agreed to buy, at the prices they saw; lines copy name, SKU and price from the catalogue."""

    number = models.CharField(max_length=20, unique=True, db_default=_NEXT_NUMBER)
    customer = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="orders",
        help_text="Empty for a guest, who reaches the order by a signed token.",
    )
    email = models.EmailField()
    phone = models.CharField(max_length=20, blank=True)
    language = models.CharField(max_length=2, default="es")
    cart_id = models.UUIDField(help_text="Public id of the cart it came from; a cart makes at most one live order.")

    status = models.CharField(max_length=12, choices=OrderStatus, default=OrderStatus.CREATED)
    payment_status = models.CharField(max_length=20, choices=PaymentStatus, default=PaymentStatus.UNPAID)
    fulfilment_status = models.CharField(max_length=20, choices=FulfilmentStatus, default=FulfilmentStatus.UNFULFILLED)
    payment_due_at = models.DateTimeField(null=True, help_text="From the database clock; empty: no window.")
    paid_at = models.DateTimeField(null=True, blank=True)
    is_paid_late = models.BooleanField(default=False)

    currency = models.CharField(max_length=3)
    subtotal_amount = models.DecimalField(max_digits=19, decimal_places=4)
    discount_amount = models.DecimalField(max_digits=19, decimal_places=4, default=Decimal(0))
    shipping_amount = models.DecimalField(max_digits=19, decimal_places=4, default=Decimal(0))
    tax_amount = models.DecimalField(max_digits=19, decimal_places=4, default=Decimal(0))
    total_amount = models.DecimalField(max_digits=19, decimal_places=4)
    paid_amount = models.DecimalField(max_digits=19, decimal_places=4, default=Decimal(0))
    refunded_amount = models.DecimalField(max_digits=19, decimal_places=4, default=Decimal(0))
    quote = models.ForeignKey(
        ExchangeQuote,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text="The total in the shop's second currency, as it was shown; empty when no rate was fit.",
    )

    shipping_method_code = models.CharField(max_length=50)
    shipping_method_name = models.CharField(max_length=80)
    is_pickup = models.BooleanField(default=False)
    shipping_address = models.JSONField()
    billing_address = models.JSONField()
    note = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(status__in=OrderStatus.values), name="order_status_known"),
            models.CheckConstraint(
                condition=Q(payment_status__in=PaymentStatus.values), name="order_payment_status_known"
            ),
            models.CheckConstraint(
                condition=Q(fulfilment_status__in=FulfilmentStatus.values), name="order_fulfilment_status_known"
            ),
            models.CheckConstraint(
                condition=Q(subtotal_amount__gte=0, shipping_amount__gte=0, tax_amount__gte=0, total_amount__gte=0)
                & Q(discount_amount__gte=0, discount_amount__lte=F("subtotal_amount")),
                name="order_amounts_not_negative",
            ),
            models.CheckConstraint(
                condition=Q(
                    total_amount=F("subtotal_amount") - F("discount_amount") + F("shipping_amount") + F("tax_amount")
                ),
                name="order_total_is_the_sum_of_its_parts",
            ),
            models.CheckConstraint(
                condition=Q(paid_amount__gte=0, paid_amount__lte=F("total_amount")),
                name="order_paid_within_total",
            ),
            models.CheckConstraint(
                condition=Q(refunded_amount__gte=0, refunded_amount__lte=F("paid_amount")),
                name="order_refunds_within_payments",
            ),
            models.UniqueConstraint(
                fields=["cart_id"],
                condition=~Q(status__in=["cancelled", "expired", "refunded"]),
                name="order_one_live_per_cart",
            ),
        ]
        indexes = [
            models.Index(fields=["payment_due_at"], condition=Q(status__in=["created", "pending"]), name="order_due"),
            models.Index(fields=["customer", "-created_at"]),
            models.Index(fields=["status", "-created_at"]),
        ]

    def __str__(self) -> str:
        return f"Order {self.number}"

    @property
    def is_awaiting_payment(self) -> bool:
        return self.status in AWAITING_PAYMENT

    @property
    def is_before_confirmation(self) -> bool:
        return self.is_awaiting_payment or self.status == OrderStatus.EXPIRED

    @property
    def is_to_be_sent(self) -> bool:
        """It is paid, or will be at the door, and what is left of its units waits for a parcel."""
        return OrderStatus.SHIPPED in NEXT_STATUSES[self.status]

    @property
    def is_cancellable(self) -> bool:
        """Nothing of it has left us, and it is not over."""
        is_here = self.fulfilment_status == FulfilmentStatus.UNFULFILLED
        return is_here and OrderStatus.CANCELLED in NEXT_STATUSES[self.status]

    @property
    def takes_money(self) -> bool:
        """Something is still to be paid, and the order has not come to nothing."""
        return self.balance.amount > 0 and self.status not in {OrderStatus.CANCELLED, OrderStatus.REFUNDED}

    def require_cancellable_by_customer(self) -> None:
        """A customer may cancel until somebody packs it; OrderTransitionNotAllowed afterwards."""
        if not (self.is_awaiting_payment or self.status == OrderStatus.CONFIRMED):
            raise OrderTransitionNotAllowed(number=self.number, current=self.status, wanted=OrderStatus.CANCELLED)

    @property
    def total(self) -> Money:
        return Money(self.total_amount, self.currency)

    @property
    def subtotal(self) -> Money:
        return Money(self.subtotal_amount, self.currency)

    @property
    def discount(self) -> Money:
        return Money(self.discount_amount, self.currency)

    @property
    def shipping(self) -> Money:
        return Money(self.shipping_amount, self.currency)

    @property
    def tax(self) -> Money:
        return Money(self.tax_amount, self.currency)

    @property
    def paid(self) -> Money:
        return Money(self.paid_amount, self.currency)

    @property
    def balance(self) -> Money:
        """What is still to be paid."""
        return self.total - self.paid

    @property
    def refunded(self) -> Money:
        return Money(self.refunded_amount, self.currency)

    def move_to(self, status: OrderStatus, *, actor: str, reason: str = "", **changes: Any) -> None:
        """Change the status, and `changes` with it, by one guarded UPDATE and write it into the history.

        Of two rivals one wins; the other gets OrderTransitionNotAllowed. `actor` is "customer", "shop" or "staff:<id>".
        """
        before = [old for old, following in NEXT_STATUSES.items() if status in following]
        was = self.status
        guarded = Order.objects.filter(pk=self.pk, status=was) if was in before else Order.objects.none()
        if not guarded.update(status=status, updated_at=Now(), **changes):
            self.refresh_from_db(fields=["status"])
            raise OrderTransitionNotAllowed(number=self.number, current=self.status, wanted=status)
        self.status = status
        for name, value in changes.items():
            setattr(self, name, value)
        OrderStatusChange.objects.create(order=self, old=was, new=status, actor=actor, reason=reason)


class OrderLineQuerySet(models.QuerySet["OrderLine"]):
    def left_to_send(self) -> OrderLineQuerySet:
        return self.filter(quantity__gt=F("sent_quantity") + F("given_up_quantity"))


class OrderLine(PublicModel):
    """One variant as it was sold: name, SKU, options, price and tax are copies, frozen for ever.

    Of its quantity some were sent, some given up before that; the others are left to send while the order lives.
    """

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="lines")
    variant = models.ForeignKey(ProductVariant, on_delete=models.PROTECT, related_name="+")
    store = models.ForeignKey(Store, on_delete=models.PROTECT, related_name="+")
    sku = models.CharField(max_length=64)
    name = models.CharField(max_length=200)
    options = models.JSONField(default=dict)
    quantity = models.PositiveIntegerField()
    sent_quantity = models.PositiveIntegerField(default=0, db_default=0)
    given_up_quantity = models.PositiveIntegerField(
        default=0, db_default=0, help_text="Units whose price went back before they were sent: nobody is owed them."
    )
    currency = models.CharField(max_length=3)
    unit_price_amount = models.DecimalField(max_digits=19, decimal_places=4)
    subtotal_amount = models.DecimalField(max_digits=19, decimal_places=4)
    tax_percent = models.DecimalField(max_digits=6, decimal_places=3, default=Decimal(0))
    tax_amount = models.DecimalField(max_digits=19, decimal_places=4, default=Decimal(0))

    objects = OrderLineQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["order", "variant"], name="order_line_once_per_variant"),
            models.CheckConstraint(
                condition=Q(quantity__gt=0, unit_price_amount__gte=0, tax_amount__gte=0), name="order_line_sane"
            ),
            models.CheckConstraint(
                condition=Q(subtotal_amount=F("unit_price_amount") * F("quantity")), name="order_line_subtotal_right"
            ),
            models.CheckConstraint(
                condition=Q(sent_quantity__lte=F("quantity") - F("given_up_quantity")),
                name="order_line_never_more_sent_than_owed",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.sku}"

    @property
    def left_quantity(self) -> int:
        """Units that are left to send."""
        return self.quantity - self.sent_quantity - self.given_up_quantity

    @property
    def unit_price(self) -> Money:
        return Money(self.unit_price_amount, self.currency)

    @property
    def subtotal(self) -> Money:
        return Money(self.subtotal_amount, self.currency)

    @property
    def tax(self) -> Money:
        return Money(self.tax_amount, self.currency)


class OrderStatusChange(models.Model):
    """A line of an order's history; rows are only ever added."""

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="history")
    old = models.CharField(max_length=12, blank=True)
    new = models.CharField(max_length=12)
    actor = models.CharField(max_length=40)
    reason = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [
            models.Index(fields=["created_at"], condition=Q(new="completed"), name="order_history_of_arrivals"),
        ]

    def __str__(self) -> str:
        return f"{self.old} → {self.new}"


class Fulfilment(PublicModel):
    """One parcel, or one pick-up."""

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="fulfilments")
    carrier = models.CharField(max_length=80, blank=True)
    tracking_number = models.CharField(max_length=80, blank=True)
    actor = models.CharField(max_length=40)

    def __str__(self) -> str:
        return self.tracking_number or str(self.public_id)


class FulfilmentLine(TimeStampedModel):
    """Units of a line that went with a parcel."""

    fulfilment = models.ForeignKey(Fulfilment, on_delete=models.PROTECT, related_name="lines")
    line = models.ForeignKey(OrderLine, on_delete=models.PROTECT, related_name="fulfilment_lines")
    quantity = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["fulfilment", "line"], name="fulfilment_line_once"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="fulfilment_line_holds_something"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} of {self.line_id}"
