"""The one calculation of a purchase: lines, then shipping, then tax, each rounded once. Order and preview both use it.

1. A line is unit price × quantity, exact.
2. Shipping is the method's flat rate, or nothing above its threshold; the threshold looks at the sum of the lines.
3. Tax is a percentage of each line, rounded half up to the currency per line; shipping is not taxed.
4. The total is the sum of the three.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from apps.cart.selectors import CartLine
from apps.common.money import Money
from apps.orders.drafts import DraftLine
from apps.shipping.models import ShippingMethod


@dataclass(frozen=True)
class Quote:
    """What a cart costs, sent by one method to one country."""

    lines: list[DraftLine]
    method: ShippingMethod | None
    shipping: Money

    @cached_property
    def subtotal(self) -> Money:
        return sum((line.subtotal for line in self.lines), Money.zero(self.shipping.currency))

    @cached_property
    def tax(self) -> Money:
        return sum((line.tax for line in self.lines), Money.zero(self.shipping.currency))

    @cached_property
    def total(self) -> Money:
        return self.subtotal + self.shipping + self.tax


def calculate(lines: Sequence[CartLine], method: ShippingMethod | None, currency: str) -> Quote:
    """Price the lines by today's catalogue; without a method, shipping is not yet in the total."""
    drafts = [_draft(line) for line in lines]
    subtotal = sum((line.subtotal for line in drafts), Money.zero(currency))
    shipping = Money.zero(currency) if method is None else method.price_for(subtotal)
    return Quote(drafts, method, shipping)


def _draft(line: CartLine) -> DraftLine:
    subtotal = line.unit_price.times(line.quantity)
    return DraftLine(
        variant_id=line.variant_id,
        store_id=line.store_id,
        sku=line.sku,
        name=line.name,
        options=line.options,
        quantity=line.quantity,
        unit_price=line.unit_price,
        tax_percent=line.tax_percent,
        tax=subtotal.times(line.tax_percent / 100).rounded(),
    )
