"""What mails show of the shop and its orders, with every word that somebody typed made harmless."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.db.models import QuerySet
from django.utils import translation

from apps.accounts.models import Channel as AccountChannel
from apps.accounts.models import DataExport, StepUp, User, UserSession
from apps.common.money import Money
from apps.common.phones import NotAPhoneNumber, read_phone
from apps.fx_rates.models import ExchangeQuote
from apps.notifications.models import Channel, Message
from apps.notifications.phone_templates import state_of_paying, way_of_paying
from apps.notifications.plain import one_line, said_by_user
from apps.notifications.templatetags.mail import money
from apps.orders import selectors as order_selectors
from apps.orders.models import Fulfilment, Order, OrderLine
from apps.payments import selectors as payment_selectors
from apps.payments.events import PaymentReported
from apps.payments.models import LIVE_PAYMENTS, Case, Payment, Refund
from apps.stores.models import Store

_NAME, _ADDRESS, _PRODUCT = 80, 120, 120


@dataclass(frozen=True, slots=True)
class LineSummary:
    quantity: int
    name: str
    options: str
    subtotal: Money


@dataclass(frozen=True, slots=True)
class Quoted:
    """An amount in another currency than the order's, and the stored rate that it comes from."""

    after: Money
    base: str
    rate: Decimal
    source: str
    value_date: date
    is_fallback: bool


@dataclass(frozen=True, slots=True)
class PartSummary:
    """Money that came: what of it counts for the order, and what the customer gave where that is something else."""

    counted: Money
    quoted: Quoted | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderSummary:
    """An order as its customer reads it; `pay_by` is empty when nothing is to be paid or no window runs.

    `second` is the total in another currency, by the quote that was shown or paid by; `parts` is what has come, unless
    that is simply the total, and `left` what has not.
    """

    number: str
    name: str
    email: str
    lines: list[LineSummary]
    subtotal: Money
    discount: Money
    shipping: Money
    tax: Money
    total: Money
    second: Quoted | None
    parts: list[PartSummary]
    left: Money
    shipping_method: str
    address: list[str]
    is_awaiting_payment: bool
    pay_by: datetime | None
    transfer: TransferSummary | None
    url: str
    admin_url: str


@dataclass(frozen=True, slots=True)
class TransferSummary:
    """How to send the money, for a customer who pays by bank transfer; the reference is what we know it by."""

    amount: Money
    instructions: str
    reference: str


@dataclass(frozen=True, slots=True)
class ParcelSummary:
    """Who carries a parcel and how to follow it, either of which may be empty; what is in it, and if more will come."""

    carrier: str
    tracking_number: str
    lines: list[LineSummary]
    is_last: bool


@dataclass(frozen=True, slots=True)
class CaseSummary:
    """What a person must look at, in English as cases are; the number is empty if no order is concerned."""

    kind: str
    summary: str
    order_number: str
    admin_url: str


@dataclass(frozen=True, slots=True)
class ReportSummary:
    """What a customer says that he has sent, and under which reference of his bank."""

    number: str
    amount: Money
    provider: str
    reference: str
    admin_url: str


@dataclass(frozen=True, slots=True)
class SignInSummary:
    """Where a session was opened: what the program calls itself, from which address, when."""

    device: str
    address: str
    at: datetime


def summarise(order: Order, *, store: Store | None = None) -> OrderSummary:
    """The order with its lines, or with those of one store."""
    lines = order.lines.order_by("pk") if store is None else order.lines.filter(store=store).order_by("pk")
    address = order.shipping_address
    payments = list(order.payments.select_related("quote").order_by("pk"))
    return OrderSummary(
        number=order.number,
        name=_person(address.get("first_name", ""), address.get("last_name", "")),
        email=order.email,
        lines=[_line(line) for line in lines],
        subtotal=order.subtotal,
        discount=order.discount,
        shipping=order.shipping,
        tax=order.tax,
        total=order.total,
        second=_second(order, payments),
        parts=_parts(order, payments),
        left=order.balance,
        shipping_method=one_line(order.shipping_method_name, limit=_NAME),
        address=_address_lines(address),
        is_awaiting_payment=order.is_awaiting_payment,
        pay_by=order.payment_due_at if order.is_awaiting_payment else None,
        transfer=_transfer(payments) if order.is_awaiting_payment else None,
        url=_storefront_url(order),
        admin_url=f"{settings.SITE_URL}/admin/orders/order/{order.pk}/change/",
    )


def account_url() -> str:
    """Where in the storefront people look after password and devices."""
    return f"{settings.STOREFRONT_URL}/account/security"


def quoted(quote: ExchangeQuote | None, after: Money) -> Quoted | None:
    if quote is None:
        return None
    return Quoted(after, quote.base_currency, quote.rate, quote.source, quote.value_date, quote.is_fallback)


def summarise_part(payment: Payment) -> PartSummary:
    return PartSummary(payment.counted, quoted(payment.quote, payment.captured))


def summarise_refund(refund: Refund) -> Quoted | None:
    """The rate of the payment that it gives back, where that came in another currency."""
    return quoted(refund.payment.quote, refund.money)


def get_refund(*, refund_id: int) -> Refund:
    return Refund.objects.select_related("payment__quote").get(pk=refund_id)


def find_export(*, export_id: int) -> DataExport | None:
    return DataExport.objects.select_related("user").filter(pk=export_id).first()


def get_session(*, session_id: int) -> UserSession:
    return UserSession.objects.select_related("user").get(pk=session_id)


def find_step_up(*, step_up_id: int) -> StepUp | None:
    """None when the password was changed meanwhile, and with it all codes forgotten."""
    return StepUp.objects.select_related("session__user").filter(pk=step_up_id).first()


def summarise_sign_in(session: UserSession) -> SignInSummary:
    device = said_by_user(session.user_agent, limit=_PRODUCT) or "?"
    return SignInSummary(device, session.ip_address or "?", session.created_at)


def first_name(user: User) -> str:
    return said_by_user(user.first_name, limit=_NAME)


def shop_name() -> str:
    """What mails sign with: the default store's name, or the host's before there is one."""
    store = Store.objects.filter(is_default=True).first()
    return one_line(store.name if store else settings.SITE_URL.partition("://")[2], limit=_NAME)


def stores_to_tell(order: Order) -> QuerySet[Store]:
    """The stores that sell a line of the order and want mail about it."""
    return Store.objects.filter(pk__in=order.lines.values("store")).exclude(email="").order_by("pk")


def get_default_store_email() -> str:
    """Where questions of money go; empty if nobody wants to know."""
    return Store.objects.filter(is_default=True).values_list("email", flat=True).first() or ""


def get_parcel(*, fulfilment_id: int) -> ParcelSummary:
    """A parcel is the last one unless units of its order still wait for another."""
    parcel = Fulfilment.objects.select_related("order").get(pk=fulfilment_id)
    units = parcel.lines.select_related("line").order_by("pk")
    return ParcelSummary(
        carrier=one_line(parcel.carrier, limit=_NAME),
        tracking_number=one_line(parcel.tracking_number, limit=_NAME),
        lines=[_line(one.line, quantity=one.quantity) for one in units],
        is_last=not (parcel.order.is_to_be_sent and parcel.order.lines.left_to_send().exists()),
    )


def get_case(*, case_id: int) -> CaseSummary:
    case = Case.objects.select_related("payment__order").get(pk=case_id)
    return CaseSummary(
        kind=case.get_kind_display(),
        summary=said_by_user(case.summary, limit=300),
        order_number=case.payment.order.number if case.payment else "",
        admin_url=f"{settings.SITE_URL}/admin/payments/case/{case.pk}/change/",
    )


def number_to_tell(order: Order) -> str:
    """The phone of a customer with an account who asked to be told there; empty for all others."""
    person = order.customer
    if person is None or AccountChannel.WHATSAPP not in person.channels:
        return ""
    with contextlib.suppress(NotAPhoneNumber):  # of before numbers were looked at
        return read_phone(person.phone or order.phone or _phone_of(order), country=_country_of(order))
    return ""


def takes_mail(order: Order) -> bool:
    return order.customer is None or AccountChannel.EMAIL in order.customer.channels


def new_order_values(order: Order, *, language: str) -> dict[str, str]:
    """All that an owner wants to know of an order at once."""
    summary = summarise(order)
    contact = ", ".join(filter(None, [order.email, said_by_user(order.phone or _phone_of(order), limit=30)]))
    goods = "; ".join(
        f"{line.quantity} × {line.name}" + (f" ({line.options})" if line.options else "") for line in summary.lines
    )
    address = ", ".join(summary.address[1:4])
    return {
        "number": order.number,
        "customer": summary.name,
        "contact": contact,
        "goods": goods,
        "total": figure(order.total, language),
        "method": way_of_paying(_provider_of(order), language),
        "delivery": f"{summary.shipping_method}: {address}" if address else summary.shipping_method,
    }


def confirmed_values(order: Order, *, language: str) -> dict[str, str]:
    return {
        "name": _person(order.shipping_address.get("first_name", "")),
        "number": order.number,
        "amount": figure(order.total, language),
        "method": way_of_paying(_provider_of(order), language),
        "state": state_of_paying(language, is_paid=order.paid_at is not None),
    }


def shipped_values(order: Order, *, language: str, parcel: ParcelSummary) -> dict[str, str]:
    name = _person(order.shipping_address.get("first_name", ""))
    return {"name": name, "number": order.number, "carrier": parcel.carrier, "tracking": parcel.tracking_number}


def get_report(event: PaymentReported) -> ReportSummary:
    payment = payment_selectors.get_payment(payment_id=event.payment_id)
    return ReportSummary(
        number=payment.order.number,
        amount=Money(Decimal(event.amount), payment.currency),
        provider=payment.provider,
        reference=one_line(event.bank_reference, limit=_NAME),
        admin_url=f"{settings.SITE_URL}/admin/orders/order/{payment.order_id}/change/",
    )


def report_values(report: ReportSummary, *, language: str) -> dict[str, str]:
    return {
        "number": report.number,
        "amount": figure(report.amount, language),
        "method": way_of_paying(report.provider, language),
        "reference": report.reference,
    }


def newest_messages(*, order_number: str = "", recipient: str = "") -> QuerySet[Message]:
    """The shop's mail: all of it, that of one order, that to addresses which contain these letters."""
    messages = Message.objects.filter(channel=Channel.EMAIL).order_by("-pk")
    if order_number:
        messages = messages.filter(order_number=order_number)
    return messages.filter(recipient__icontains=recipient) if recipient else messages


def _line(line: OrderLine, *, quantity: int | None = None) -> LineSummary:
    """All units of a line, or so many."""
    quantity = line.quantity if quantity is None else quantity
    options = ", ".join(f"{name}: {value}" for name, value in line.options.items())
    name, options = one_line(line.name, limit=_PRODUCT), one_line(options, limit=_PRODUCT)
    return LineSummary(quantity, name, options, line.unit_price.times(Decimal(quantity)))


def figure(amount: Money, language: str) -> str:
    with translation.override(language):
        return money(amount)


def _provider_of(order: Order) -> str:
    """The latest way in which somebody tried to pay it; empty if nobody has."""
    return order.payments.order_by("-pk").values_list("provider", flat=True).first() or ""


def _phone_of(order: Order) -> str:
    return str(order.shipping_address.get("phone") or "")


def _country_of(order: Order) -> str:
    return str(order.shipping_address.get("country") or "")


def _person(*names: Any) -> str:
    return said_by_user(" ".join(str(name) for name in names if name), limit=_NAME)


def _address_lines(address: dict[str, Any]) -> list[str]:
    city = _joined(address, "postal_code", "city", "state_province")
    rows = [
        _joined(address, "first_name", "last_name"),
        address.get("address_line_1"),
        address.get("address_line_2"),
        city,
        address.get("country"),
        address.get("phone"),
    ]
    return [line for row in rows if (line := said_by_user(str(row or ""), limit=_ADDRESS))]


def _joined(address: dict[str, Any], *keys: str) -> str:
    return " ".join(str(address[key]) for key in keys if address.get(key))


def _second(order: Order, payments: list[Payment]) -> Quoted | None:
    """By the quote that was shown, or else by that of an attempt to pay all of it."""
    quotes = [order.quote, *(payment.quote for payment in reversed(payments))]
    quote = next((one for one in quotes if one is not None and one.before == order.total), None)
    return None if quote is None else quoted(quote, quote.after)


def _parts(order: Order, payments: list[Payment]) -> list[PartSummary]:
    counting = [payment for payment in payments if payment.counted_amount]
    is_plain = all(payment.counted == order.total and payment.quote is None for payment in counting)
    return [] if is_plain else [summarise_part(payment) for payment in counting]


def _transfer(payments: list[Payment]) -> TransferSummary | None:
    is_open = (one for one in payments if one.provider == "bank_transfer" and one.status in LIVE_PAYMENTS)
    payment = next(is_open, None)
    if payment is None:
        return None
    return TransferSummary(payment.money, settings.BANK_TRANSFER_INSTRUCTIONS, payment.reference)


def _storefront_url(order: Order) -> str:
    """The order's page; a guest, who cannot log in, gets the key along."""
    url = f"{settings.STOREFRONT_URL}/orders/{order.number}"
    key = {"token": order_selectors.guest_token(order)} if order.customer_id is None else {}
    return f"{url}?{urlencode(key)}" if key else url
