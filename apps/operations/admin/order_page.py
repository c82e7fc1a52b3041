"""What the page of one order shows, gathered in a number of queries that does not grow with the order."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib.admin import AdminSite
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from apps.accounts import selectors as account_selectors
from apps.common.admin import badge, exactly, in_words, link_to
from apps.common.money import Money
from apps.notifications.admin import masked_recipient, shown_words
from apps.notifications.models import Message
from apps.notifications.reasons import why_it_failed
from apps.orders.models import Fulfilment, Order, OrderLine, OrderStatusChange
from apps.payments import selectors as payment_selectors
from apps.payments.models import Case, Payment, Refund

STATUS_COLOURS = {
    "created": "",
    "pending": "warning",
    "confirmed": "primary",
    "processing": "primary",
    "shipped": "info",
    "completed": "success",
    "cancelled": "danger",
    "refunded": "danger",
    "expired": "",
}
PAYMENT_STATUS_COLOURS = {
    "unpaid": "warning",
    "partially_paid": "warning",
    "paid": "success",
    "partially_refunded": "info",
    "refunded": "danger",
}
FULFILMENT_COLOURS = {"unfulfilled": "", "partially_fulfilled": "warning", "fulfilled": "success"}
_LINE_HEADERS = ["Product", "Options", "SKU", "Ordered", "Sent", "Refunded", "Left", "Price", "Sum"]
PAYMENT_FACTS = {"Asked": "money", "Pays": "pays", "Received": "received", "Counted": "counts", "Fee": "kept"}
STEP_COLOURS = {"asked": "info", "booked": "success", "failed": "danger", "case": "warning"}
MESSAGE_COLOURS = {
    "queued": "warning",
    "sent": "success",
    "delivered": "success",
    "read": "success",
    "failed": "danger",
}


def context(request: HttpRequest, site: AdminSite, order: Order) -> dict[str, Any]:
    """The template's context; payments, cases and messages only for those who may see them."""
    changes = list(order.history.order_by("pk"))
    parcels = list(order.fulfilments.order_by("pk").prefetch_related("lines__line"))
    names = account_selectors.staff_names([change.actor for change in changes] + [parcel.actor for parcel in parcels])
    payments = _payments(request, site, order)
    return {
        "order": order,
        "badges": _badges(order),
        "customer": _customer(request, order),
        "lines": _lines(request, order),
        "totals": _totals(order),
        "payments": payments,
        "money": None if payments is None else _money(order),
        "story": None if payments is None else _story(order),
        "cases": _cases(request, order),
        "parcels": [_parcel(parcel, names) for parcel in parcels],
        "history": _history(changes, names),
        "messages_sent": _messages(request, order),
    }


def full_name(address: dict[str, Any]) -> str:
    return f"{address.get('first_name', '')} {address.get('last_name', '')}".strip()


def _badges(order: Order) -> list[SafeString]:
    badges = [
        badge(f"Order {order.get_status_display()}", STATUS_COLOURS[order.status]),
        badge(f"Payment {order.get_payment_status_display()}", PAYMENT_STATUS_COLOURS[order.payment_status]),
        badge(f"Goods {order.get_fulfilment_status_display()}", FULFILMENT_COLOURS[order.fulfilment_status]),
    ]
    return [*badges, badge("Paid late", "warning")] if order.is_paid_late else badges


def _customer(request: HttpRequest, order: Order) -> str:
    if order.customer is None:
        return "Guest"
    name = order.customer.get_full_name()
    return link_to(order.customer, name) if request.user.has_perm("accounts.view_user") else name


def _lines(request: HttpRequest, order: Order) -> dict[str, Any]:
    may_see_products = request.user.has_perm("catalog.view_product")
    refunded = payment_selectors.refunded_units(order)
    rows = [
        [
            link_to(line.variant.product, line.name) if may_see_products else line.name,
            _options(line),
            line.sku,
            line.quantity,
            line.sent_quantity,
            refunded.get(line.pk, 0),
            line.left_quantity if order.is_to_be_sent else "—",
            _in_one_line(line.unit_price),
            _in_one_line(line.subtotal),
        ]
        for line in order.lines.select_related("variant__product").order_by("pk")
    ]
    return {"headers": _LINE_HEADERS, "rows": rows}


def _in_one_line(money: Money) -> SafeString:
    return format_html('<span class="whitespace-nowrap">{}</span>', money)


def _options(line: OrderLine) -> str:
    return ", ".join(f"{name}: {value}" for name, value in line.options.items()) or "—"


def _totals(order: Order) -> list[tuple[str, Any]]:
    totals: list[tuple[str, Any]] = [("Goods", order.subtotal)]
    if order.discount_amount:
        totals.append(("Discount", f"−{order.discount}"))
    totals += [(f"Shipping, {order.shipping_method_name}", order.shipping), ("Tax", order.tax)]
    totals.append(("Total", order.total))
    return [*totals, ("Given back", order.refunded)] if order.refunded_amount else totals


def _money(order: Order) -> dict[str, Any]:
    """What is to be paid and what counted, also in the second currency in which the order was shown."""
    figures = [("Total", order.total), ("Counted", order.paid), ("Still to be paid", order.balance)]
    if order.refunded_amount:
        figures.append(("Given back", order.refunded))
    rows = [(name, money, _second(order, money)) for name, money in figures]
    quote = order.quote
    by = "" if quote is None else f"{quote.figure} {quote.currency} for one {quote.base_currency}"
    return {"rows": rows, "rate": by, "source": quote and quote.source, "value_date": quote and quote.value_date}


def _second(order: Order, money: Money) -> Money | None:
    return None if order.quote is None or not money.amount else order.quote.share(money)


def _story(order: Order) -> list[dict[str, Any]]:
    return [
        {
            "at": step.at,
            "badge": badge(in_words(step.kind), STEP_COLOURS[step.kind]),
            "sentence": step.sentence,
            "moves": [(in_words(f"{one.account} {one.provider}".strip()), exactly(one.money)) for one in step.moves],
        }
        for step in payment_selectors.order_story(order)
    ]


def _payments(request: HttpRequest, site: AdminSite, order: Order) -> list[dict[str, Any]] | None:
    if not request.user.has_perm("payments.view_payment"):
        return None
    payment_admin: Any = site.get_model_admin(Payment)
    payments = order.payments.select_related("quote").order_by("pk").prefetch_related("refunds")
    return [
        {
            "payment": payment,
            "way": payment_admin.way(payment),
            "facts": [(name, getattr(payment_admin, fact)(payment)) for name, fact in PAYMENT_FACTS.items()],
            "rate": payment_selectors.describe_quote(payment),
            "badge": payment_admin.status_badge(payment),
            "buttons": payment_admin.buttons_for(request, payment),
            "refunds": _refunds(request, site, payment),
        }
        for payment in payments
    ]


def _refunds(request: HttpRequest, site: AdminSite, payment: Payment) -> list[dict[str, Any]]:
    refund_admin: Any = site.get_model_admin(Refund)
    return [
        {
            "refund": refund,
            "badge": refund_admin.status_badge(refund),
            "buttons": refund_admin.buttons_for(request, refund),
        }
        for refund in payment.refunds.all()
    ]


def _cases(request: HttpRequest, order: Order) -> list[Case]:
    if not request.user.has_perm("payments.view_case"):
        return []
    return list(Case.objects.filter(payment__order=order).order_by("resolved_at", "pk"))


def _parcel(parcel: Fulfilment, names: dict[str, str]) -> dict[str, Any]:
    goods = ", ".join(f"{line.quantity} × {line.line.sku}" for line in parcel.lines.all())
    return {"parcel": parcel, "goods": goods, "by": names.get(parcel.actor, parcel.actor)}


def _history(changes: list[OrderStatusChange], names: dict[str, str]) -> list[dict[str, Any]]:
    return [
        {
            "badge": badge(change.new, STATUS_COLOURS.get(change.new, "")),
            "at": change.created_at,
            "by": names.get(change.actor, change.actor),
            "reason": change.reason,
        }
        for change in reversed(changes)
    ]


def _messages(request: HttpRequest, order: Order) -> list[dict[str, Any]] | None:
    if not request.user.has_perm("notifications.view_message"):
        return None
    messages = Message.objects.filter(order_number=order.number).order_by("pk")
    may_resend = request.user.has_perm("notifications.change_message")
    return [
        {
            "link": link_to(message, message.subject),
            "badge": badge(message.get_status_display(), MESSAGE_COLOURS[message.status]),
            "message": message,
            "to": masked_recipient(message),
            "times": _times(message),
            "reason": why_it_failed(message),
            "words": shown_words(message),
            "resend": reverse("admin:notifications_message_button", args=[message.pk, "resend"]) if may_resend else "",
        }
        for message in messages
    ]


def _times(message: Message) -> list[tuple[str, datetime]]:
    """How far it came, and when; where it is held until the morning, that comes last."""
    steps = [
        ("queued", message.created_at),
        ("sent", message.sent_at),
        ("delivered", message.delivered_at),
        ("read", message.read_at),
        ("failed", message.failed_at),
        ("held until", message.held_until),
    ]
    return [(name, at) for name, at in steps if at is not None]
