"""The button that gives an order's money back: units of its lines, an amount, or all that is left."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
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
from apps.payments.admin.large_sums import ask_above_limit
from apps.payments.selectors import RefundableLine

UNSENT, SENT = "unsent_", "units_"


class RefundForm(ButtonForm):
    """For each line a field for its units that were not sent, and one for those that were, named by the line's key."""

    amount = forms.DecimalField(required=False, max_digits=19, decimal_places=4, widget=UnfoldAdminDecimalFieldWidget)
    restock = forms.BooleanField(
        required=False,
        widget=UnfoldBooleanSwitchWidget,
        help_text="The units that were sent are back, and go on the shelf again.",
    )
    reason = forms.CharField(max_length=200, help_text="The customer may read it.", widget=UnfoldAdminTextInputWidget)

    def __init__(self, *args: Any, obj: Order, **kwargs: Any) -> None:
        super().__init__(*args, obj=obj, **kwargs)
        self.lines = [one for one in selectors.refundable_lines(obj) if one.refundable_quantity]
        for one in self.lines:
            self._ask(UNSENT, one, one.refundable_unsent_quantity, "Not sent, and will not be")
            self._ask(SENT, one, one.refundable_sent_quantity, "Sent already")
        self.order_fields([name for name in self.fields if name.startswith((UNSENT, SENT))])
        left = selectors.refundable(obj)
        self.fields["amount"].help_text = f"Instead of units. Without either, all that is left goes back: {left}."

    def _ask(self, kind: str, one: RefundableLine, most: int, about: str) -> None:
        if most:
            self.fields[f"{kind}{one.line.pk}"] = forms.IntegerField(
                label=f"Units of {one.line.sku}, {one.line.name}",
                help_text=f"{about}: up to {most}, which bring back {one.worth_of(most)}.",
                required=False,
                min_value=0,
                max_value=most,
                widget=UnfoldAdminIntegerFieldWidget,
            )

    def clean(self) -> dict[str, Any]:
        answers: dict[str, Any] = super().clean() or self.cleaned_data
        lines, unsent = [], {}
        for one in self.lines:
            never_sent = answers.pop(f"{UNSENT}{one.line.pk}", None) or 0
            quantity = never_sent + (answers.pop(f"{SENT}{one.line.pk}", None) or 0)
            if quantity:
                lines.append((one.line.public_id, quantity))
                unsent[one.line.public_id] = never_sent
        return answers | {"lines": lines, "unsent": unsent}


def _refund(order: Order, press: Press) -> str:
    amount = press["amount"]
    decision = services.refund_order_lines(
        order_id=order.pk,
        lines=press["lines"],
        unsent=press["unsent"],
        amount=None if amount is None else Money(amount, order.currency),
        reason=press["reason"],
        actor=press.actor,
        restock=press["restock"],
        actor_id=press.user.pk,
        record=press.record,
    )
    return f"{decision.money} is on its way back."


def _guard(request: HttpRequest, order: Order, answers: dict[str, Any]) -> HttpResponse | None:
    """By the amount, or by what the units were paid with; by all that is left if neither is said."""
    worth = answers["amount"]
    if worth is None and answers["lines"]:
        quantities = dict(answers["lines"])
        asked = [one for one in selectors.refundable_lines(order) if one.line.public_id in quantities]
        worth = sum(one.worth_of(quantities[one.line.public_id]).amount for one in asked)
    return ask_above_limit(request, selectors.refundable(order).amount if worth is None else worth)


REFUND = Button(
    name="refund",
    label="Refund",
    icon="currency_exchange",
    variant=ActionVariant.DANGER,
    permission="payments.change_payment",
    explains="The money goes back the ways it came, that of the latest payment first.",
    form=RefundForm,
    guard=_guard,
    offered=lambda order: order.paid_amount > order.refunded_amount and not order.is_awaiting_payment,
    run=_refund,
)
