"""The button that gives an order's money back: units of its lines, an amount, or all that is left."""

from __future__ import annotations

from typing import Any

from django import forms
from unfold.enums import ActionVariant
from unfold.widgets import (
    UnfoldAdminDecimalFieldWidget,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from apps.common.admin import Button, ButtonForm, Press
from apps.common.money import Money
from apps.orders.models import Order
from apps.payments import selectors, services

UNITS = "units_"


class RefundForm(ButtonForm):
    """A field for each line that still has units to give back, named by the line's key."""

    amount = forms.DecimalField(required=False, max_digits=19, decimal_places=4, widget=UnfoldAdminDecimalFieldWidget)
    restock = forms.BooleanField(
        required=False, widget=UnfoldBooleanSwitchWidget, help_text="The units are back, and go on the shelf again."
    )
    reason = forms.CharField(max_length=200, help_text="The customer may read it.", widget=UnfoldAdminTextInputWidget)

    def __init__(self, *args: Any, obj: Order, **kwargs: Any) -> None:
        super().__init__(*args, obj=obj, **kwargs)
        self.lines = [one for one in selectors.refundable_lines(obj) if one.refundable_quantity]
        for one in self.lines:
            self.fields[f"{UNITS}{one.line.pk}"] = forms.IntegerField(
                label=f"Units of {one.line.sku}, {one.line.name}",
                help_text=f"Up to {one.refundable_quantity}, which bring back {one.worth_of(one.refundable_quantity)}.",
                required=False,
                min_value=0,
                max_value=one.refundable_quantity,
                widget=UnfoldAdminIntegerFieldWidget,
            )
        self.order_fields([f"{UNITS}{one.line.pk}" for one in self.lines])
        left = selectors.refundable(obj)
        self.fields["amount"].help_text = f"Instead of units. Without either, all that is left goes back: {left}."

    def clean(self) -> dict[str, Any]:
        answers: dict[str, Any] = super().clean() or self.cleaned_data
        named = [(one.line.public_id, answers.pop(f"{UNITS}{one.line.pk}", None) or 0) for one in self.lines]
        return answers | {"lines": [(name, quantity) for name, quantity in named if quantity]}


def _refund(order: Order, press: Press) -> str:
    amount = press["amount"]
    decision = services.refund_order_lines(
        order_id=order.pk,
        lines=press["lines"],
        amount=None if amount is None else Money(amount, order.currency),
        reason=press["reason"],
        actor=press.actor,
        restock=press["restock"],
        actor_id=press.user.pk,
        record=press.record,
    )
    return f"{decision.money} is on its way back."


REFUND = Button(
    name="refund",
    label="Refund",
    icon="currency_exchange",
    variant=ActionVariant.DANGER,
    permission="payments.change_payment",
    explains="The money goes back the ways it came, that of the latest payment first.",
    form=RefundForm,
    offered=lambda order: order.paid_amount > order.refunded_amount and not order.is_awaiting_payment,
    run=_refund,
)
