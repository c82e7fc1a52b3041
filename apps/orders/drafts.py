"""What checkout hands over to make an order of."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from typing import Any
from uuid import UUID

from apps.common.ids import new_id
from apps.common.money import Money
from apps.fx_rates.models import ExchangeQuote


@dataclass(frozen=True)
class DraftLine:
    """One line with its final figures, rounded to the currency."""

    variant_id: int
    store_id: int
    sku: str
    name: str
    options: dict[str, str]
    quantity: int
    unit_price: Money
    tax_percent: Decimal
    tax: Money
    line_id: UUID = field(default_factory=new_id)

    @cached_property
    def subtotal(self) -> Money:
        return self.unit_price.times(self.quantity)


@dataclass(frozen=True)
class OrderDraft:
    """Everything an order freezes; all money is in one currency."""

    cart_id: UUID
    customer_id: int | None
    email: str
    phone: str
    language: str
    lines: list[DraftLine]
    shipping: Money
    shipping_method_code: str
    shipping_method_name: str
    shipping_address: dict[str, Any]
    billing_address: dict[str, Any]
    note: str
    payment_due_at: datetime | None
    is_pickup: bool = False
    quote: ExchangeQuote | None = None
    is_payment_begun: bool = False  # nobody has to be told before the customer can pay

    @property
    def currency(self) -> str:
        return self.shipping.currency

    @cached_property
    def subtotal(self) -> Money:
        return sum((line.subtotal for line in self.lines), Money.zero(self.currency))

    @cached_property
    def tax(self) -> Money:
        return sum((line.tax for line in self.lines), Money.zero(self.currency))

    @cached_property
    def total(self) -> Money:
        return self.subtotal + self.shipping + self.tax
