"""Orders: a queue to work through, and one page that shows everything about one of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.timesince import timesince, timeuntil
from django.views.decorators.http import require_safe
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RangeDateFilter
from unfold.decorators import display
from unfold.enums import ActionVariant
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminTextInputWidget

from apps.common.admin import Button, ButtonForm, ButtonsMixin, Press, ReadOnlyAdmin
from apps.common.exceptions import DomainError
from apps.operations import selectors
from apps.operations.admin import order_page
from apps.operations.admin.order_refunds import REFUND
from apps.orders import services
from apps.orders.models import NEXT_STATUSES, Order, OrderStatus

UNITS = "units_"


class ShipForm(ButtonForm):
    """What is in the parcel: for each line that has units left a field, named by the line's key."""

    carrier = forms.CharField(max_length=80, required=False, widget=UnfoldAdminTextInputWidget)
    tracking_number = forms.CharField(
        max_length=80, required=False, help_text="The customer is told.", widget=UnfoldAdminTextInputWidget
    )

    def __init__(self, *args: Any, obj: Order, **kwargs: Any) -> None:
        super().__init__(*args, obj=obj, **kwargs)
        self.lines = list(obj.lines.left_to_send().order_by("pk"))
        for line in self.lines:
            self.fields[f"{UNITS}{line.pk}"] = forms.IntegerField(
                label=f"Units of {line.sku}, {line.name}",
                help_text=f"Of {line.quantity} ordered {line.left_quantity} are left to send.",
                initial=line.left_quantity,
                min_value=0,
                max_value=line.left_quantity,
                widget=UnfoldAdminIntegerFieldWidget,
            )
        self.order_fields([f"{UNITS}{line.pk}" for line in self.lines])

    def clean(self) -> dict[str, Any]:
        answers: dict[str, Any] = super().clean() or self.cleaned_data
        named = {line.public_id: answers.pop(f"{UNITS}{line.pk}", None) or 0 for line in self.lines}
        lines = {name: quantity for name, quantity in named.items() if quantity}
        if not lines:
            raise forms.ValidationError("Say what is in the parcel.")
        return answers | {"lines": lines}


class CancelForm(ButtonForm):
    reason = forms.CharField(max_length=300, help_text="The customer may read it.", widget=UnfoldAdminTextInputWidget)


def _may_become(*statuses: OrderStatus) -> Callable[[Order], bool]:
    return lambda order: NEXT_STATUSES[order.status].issuperset(statuses)


def _process(order: Order, press: Press) -> str:
    services.start_processing(order_id=order.pk, actor=press.actor)
    return f"{order} is being packed."


def _ship(order: Order, press: Press) -> str:
    services.ship_order(order_id=order.pk, actor=press.actor, actor_id=press.user.pk, **press.answers)
    order.refresh_from_db(fields=["status"])
    return f"{order} is on its way." if order.status == OrderStatus.SHIPPED else f"A part of {order} is on its way."


def _complete(order: Order, press: Press) -> str:
    services.complete_order(order_id=order.pk, actor=press.actor)
    return f"{order} has arrived."


def _cancel(order: Order, press: Press) -> str:
    services.cancel_order(order_id=order.pk, actor=press.actor, reason=press["reason"])
    return f"{order} is cancelled."


QUEUE_NAMES = {
    "to_confirm": "To confirm",
    "to_ship": "To ship",
    "nothing_to_send": "Nothing to send",
    "on_their_way": "On their way",
}


class QueueFilter(admin.SimpleListFilter):
    title = "queue"
    parameter_name = "queue"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return list(QUEUE_NAMES.items())

    def queryset(self, request: HttpRequest, queryset: QuerySet[Order]) -> QuerySet[Order]:
        if self.value() == "to_confirm":
            return queryset.filter(pk__in=selectors.orders_to_confirm())
        if self.value() == "to_ship":
            return queryset.filter(pk__in=selectors.orders_to_ship())
        if self.value() == "nothing_to_send":
            return queryset.filter(pk__in=selectors.orders_with_nothing_to_send())
        if self.value() == "on_their_way":
            return queryset.filter(status=OrderStatus.SHIPPED)
        return queryset


@admin.register(Order)
class OrderAdmin(ButtonsMixin, ReadOnlyAdmin):
    list_display = ["number", "buyer", "status_badge", "payment_badge", "total", "age", "due"]
    list_filter = [
        QueueFilter,
        ("status", ChoicesDropdownFilter),
        ("payment_status", ChoicesDropdownFilter),
        ("created_at", RangeDateFilter),
    ]
    list_filter_submit = True
    list_per_page = 50
    list_before_template = "operations/order_tabs.html"
    search_fields = ["number", "email", "phone", "lines__sku"]
    search_help_text = "Number, e-mail, phone or SKU"
    ordering = ["-pk"]
    actions = ["start_processing", "complete"]
    buttons = [
        Button(
            name="process",
            label="Start packing",
            icon="package_2",
            permission="orders.change_order",
            explains="From now on the customer cannot cancel the order without you.",
            offered=_may_become(OrderStatus.PROCESSING),
            run=_process,
        ),
        Button(
            name="ship",
            label="Ship",
            icon="local_shipping",
            variant=ActionVariant.PRIMARY,
            permission="orders.change_order",
            explains="The units leave the stock, and the customer is told. What you leave out is still to be sent.",
            form=ShipForm,
            offered=selectors.has_units_to_send,
            run=_ship,
        ),
        Button(
            name="complete",
            label="Complete",
            icon="done_all",
            variant=ActionVariant.PRIMARY,
            permission="orders.change_order",
            explains="The order has arrived.",
            offered=_may_become(OrderStatus.COMPLETED),
            run=_complete,
        ),
        REFUND,
        Button(
            name="cancel",
            label="Cancel order",
            icon="block",
            variant=ActionVariant.DANGER,
            permission="orders.change_order",
            explains="The units are free again, and whatever was paid is given back in full.",
            form=CancelForm,
            offered=lambda order: order.is_cancellable,
            run=_cancel,
        ),
    ]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        queues = [("", "All"), *QUEUE_NAMES.items()]
        current = request.GET.get(QueueFilter.parameter_name, "")
        tabs = [
            {"link": f"?queue={queue}" if queue else "?", "title": title} | {"active": queue == current}
            for queue, title in queues
        ]
        return super().changelist_view(request, {**(extra_context or {}), "queue_tabs": tabs})

    @method_decorator(require_safe)
    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        order = self.get_object(request, object_id)
        if order is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        if not self.has_view_permission(request, order):
            raise PermissionDenied
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": str(order),
            "original": order,
            "buttons": self.buttons_for(request, order),
            **order_page.context(request, self.admin_site, order),
        }
        return TemplateResponse(request, "operations/order.html", context)

    @display(description="Customer", ordering="email", header=True)
    def buyer(self, order: Order) -> list[str]:
        return [order_page.full_name(order.shipping_address), order.email]

    @display(description="Status", ordering="status", label=order_page.STATUS_COLOURS)
    def status_badge(self, order: Order) -> tuple[str, str]:
        return order.status, order.get_status_display()

    @display(description="Payment", ordering="payment_status", label=order_page.PAYMENT_STATUS_COLOURS)
    def payment_badge(self, order: Order) -> tuple[str, str]:
        return order.payment_status, order.get_payment_status_display()

    @display(ordering="total_amount")
    def total(self, order: Order) -> str:
        return str(order.total)

    @display(description="Age", ordering="created_at")
    def age(self, order: Order) -> str:
        return timesince(order.created_at, depth=1)

    @display(description="Payment due", ordering="payment_due_at")
    def due(self, order: Order) -> str:
        """What is left of the payment window, while payment is awaited."""
        if not order.is_awaiting_payment:
            return "—"
        if order.payment_due_at is None:
            return "no deadline"
        return f"in {timeuntil(order.payment_due_at, depth=1)}" if order.payment_due_at > timezone.now() else "over"

    @admin.action(description="Start packing", permissions=["act"])
    def start_processing(self, request: HttpRequest, queryset: QuerySet[Order]) -> None:
        self._each(request, queryset, _process)

    @admin.action(description="Complete: they have arrived", permissions=["act"])
    def complete(self, request: HttpRequest, queryset: QuerySet[Order]) -> None:
        self._each(request, queryset, _complete)

    def _each(self, request: HttpRequest, orders: QuerySet[Order], run: Callable[[Order, Press], str]) -> None:
        """Press for every order; those that refuse are named and stop nobody else."""
        done = 0
        for order in orders.order_by("pk"):
            try:
                self.log_change(request, order, run(order, Press(request.user)))
                done += 1
            except DomainError as refusal:
                messages.error(request, refusal.detail)
        if done:
            messages.success(request, f"Done for {done} orders.")
