"""Whom a notice goes to, and by which way: a person, the customer of an order, a store, the shop's owner."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.conf import settings

from apps.accounts.models import User
from apps.notifications import selectors
from apps.notifications.phone_templates import PhoneTemplate
from apps.notifications.services.queueing import Mail, queue_email, queue_to_phone, reaches_phone
from apps.orders import selectors as order_selectors

Phone = tuple[PhoneTemplate, Callable[..., dict[str, str]]]  # a template, and what makes its words of an order


def tell_person(user: User, template: str, *, about: object, to: str = "", **context: Any) -> None:
    """Queue the mail of that template to a person, at `to` or the present address, once per `about`."""
    queue_email(
        to=to or user.email,
        template=template,
        language=user.language,
        dedupe_key=f"{template}-{user.pk}-{about}",
        context={"name": selectors.first_name(user), **context},
    )


def tell_customer(
    order_id: int, template: str, *, about: object = None, phone: Phone | None = None, **context: Any
) -> None:
    """Queue what is told of an order, once per order, or once per `about`.

    It goes to the phone of a customer who wants that, if there are words for it, and by mail to all others. What a
    phone does not take is mailed, to whom has not said no to mail.
    """
    order = order_selectors.get_order(order_id=order_id)
    summary = selectors.summarise(order)
    context = {"name": summary.name, "order": summary, **context}
    mail = Mail(to=order.email, template=template, context=context)
    key = f"{template}-{order.pk}" if about is None else f"{template}-{order.pk}-{about}"
    number = selectors.number_to_tell(order)
    if phone and reaches_phone(number, phone[0], order.language):
        queue_to_phone(
            to=number,
            template=phone[0],
            language=order.language,
            values=phone[1](order, language=order.language),
            dedupe_key=key,
            order_number=order.number,
            fallback=mail if selectors.takes_mail(order) else None,
        )
    else:
        queue_email(
            to=order.email,
            template=template,
            language=order.language,
            dedupe_key=key,
            context=context,
            order_number=order.number,
        )


def tell_staff(template: str, *, about: object, to: str = "", order_number: str = "", **context: Any) -> None:
    """Mail a store, or whoever looks after the whole shop, once per `about`; nobody if it has no address."""
    if address := to or selectors.get_default_store_email():
        queue_email(
            to=address,
            template=template,
            language=settings.LANGUAGE_CODE,
            dedupe_key=f"{template.replace('_', '-')}-{about}",
            context=context,
            order_number=order_number,
        )


def tell_owner(template: PhoneTemplate, values: Mapping[str, str], *, dedupe_key: str, order_number: str = "") -> None:
    """By WhatsApp, if the owner has a number there; the stores get their mails apart from that."""
    number, language = settings.WHATSAPP_OWNER_NUMBER, settings.WHATSAPP_OWNER_LANGUAGE
    if reaches_phone(number, template, language):
        queue_to_phone(
            to=number,
            template=template,
            language=language,
            values=values,
            dedupe_key=dedupe_key,
            order_number=order_number,
        )
