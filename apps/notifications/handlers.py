"""Who is told what, when something happens elsewhere."""

from __future__ import annotations

import sys
from datetime import datetime
from functools import partial
from typing import Any
from urllib.parse import urlencode

from celery import Task
from celery.signals import task_failure
from django.conf import settings
from django.contrib.admindocs.views import simplify_regex
from django.core.signals import got_request_exception
from django.dispatch import receiver
from django.http import HttpRequest

from apps.accounts import selectors as account_selectors
from apps.accounts import services as account_services
from apps.accounts.events import (
    DataExportReady,
    EmailChanged,
    EmailChangeRequested,
    EmailVerified,
    NewDeviceSignedIn,
    PasswordChanged,
    PasswordResetRequested,
    PhoneChanged,
    RefreshTokenReused,
    SecondFactorChanged,
    StepUpRequested,
    SuspiciousSignIn,
    UserRegistered,
    VerificationRequested,
)
from apps.accounts.models import Channel, User
from apps.catalog.events import PriceChanged
from apps.fx_rates.events import RateAlertRaised
from apps.inventory.events import StockRanLow
from apps.notifications import selectors, services
from apps.notifications.events import MessageQueued, WordingFailed
from apps.notifications.phone_templates import (
    ACCOUNT_CODE,
    LOW_STOCK,
    NEW_ORDER,
    ORDER_CONFIRMED,
    ORDER_SHIPPED,
    PAYMENT_CONFIRMED,
    PAYMENT_TO_VERIFY,
    RATE_ALERT,
)
from apps.notifications.plain import said_by_user
from apps.orders import selectors as order_selectors
from apps.orders.events import OrderCancelled, OrderCompleted, OrderConfirmed, OrderExpired, OrderPlaced, OrderShipped
from apps.outbox.events import handles
from apps.payments import selectors as payment_selectors
from apps.payments.events import (
    CaseOpened,
    PaymentFailed,
    PaymentReported,
    PaymentReturned,
    PaymentSucceeded,
    RefundSucceeded,
)
from apps.payments.models import REJECTED_BY_STAFF
from apps.stores.events import MemberInvited
from apps.stores.models import Store, StoreInvitation


@handles(MessageQueued)
def send_message(event: MessageQueued) -> None:
    services.send_message(message_id=event.message_id)


@handles(UserRegistered)
def ask_to_verify(event: UserRegistered) -> None:
    _mail_verification(User.objects.get(pk=event.user_id), request_key=f"registered-{event.user_id}")


@handles(VerificationRequested)
def ask_again_to_verify(event: VerificationRequested) -> None:
    if user := account_selectors.find_user(event.email):
        _mail_verification(user, request_key=event.request_id, address=event.address)


@handles(PasswordResetRequested)
def mail_reset_link(event: PasswordResetRequested) -> None:
    user = account_selectors.find_user(event.email)
    if user is None:
        return
    token = account_services.issue_reset(user=user, request_key=event.request_id, address=event.address)
    if token:
        link = f"{settings.STOREFRONT_URL}/reset-password?{urlencode({'token': token})}"
        services.tell_person(user, "reset_password", about=event.request_id, link=link)


@handles(PasswordChanged)
def tell_of_changed_password(event: PasswordChanged) -> None:
    user = User.objects.get(pk=event.user_id)
    services.tell_person(user, "password_changed", about=event.change_id, account_url=selectors.account_url())


@handles(StepUpRequested)
def send_code(event: StepUpRequested) -> None:
    """By WhatsApp if the person wants that and it can be; by mail otherwise, and if WhatsApp does not deliver it."""
    step_up = selectors.find_step_up(step_up_id=event.step_up_id)
    if step_up is None or account_services.code_to_send(step_up) is None:
        return
    user, template = step_up.session.user, "step_up_code"
    account = {"name": selectors.first_name(user), "account_url": selectors.account_url()}
    mail = services.Mail(
        to=user.email, template=template, context={"code": services.CODE, "purpose": step_up.purpose, **account}
    )
    told: dict[str, Any] = {
        "language": user.language,
        "dedupe_key": f"{template}-{user.pk}-{step_up.pk}",
        "step_up_number": step_up.pk,
    }
    number = account_selectors.phone_for_codes(user) if step_up.channel == Channel.WHATSAPP else ""
    if number and services.reaches_phone(number, ACCOUNT_CODE, user.language):
        values = {"code": services.CODE}
        services.queue_to_phone(to=number, template=ACCOUNT_CODE, values=values, fallback=mail, **told)
    else:
        services.queue_email(to=mail.to, template=mail.template, context=mail.context, **told)


@handles(EmailChangeRequested)
def mail_to_new_address(event: EmailChangeRequested) -> None:
    user = User.objects.get(pk=event.user_id)
    token = account_services.issue_email_change(
        user=user, email=event.email, request_key=event.request_id, address=event.address
    )
    if token:
        link = f"{settings.STOREFRONT_URL}/change-email?{urlencode({'token': token})}"
        services.tell_person(user, "change_email", about=event.request_id, to=event.email, link=link)


@handles(EmailChanged)
def tell_old_address(event: EmailChanged) -> None:
    user = User.objects.get(pk=event.user_id)
    words = {"email": account_selectors.masked_email(user.email)}
    services.tell_person(user, "email_changed", about=event.change_id, to=event.old_email, **words)


@handles(PhoneChanged)
def tell_of_changed_phone(event: PhoneChanged) -> None:
    user = User.objects.get(pk=event.user_id)
    words = {"phone": account_selectors.masked_phone(user.phone), "account_url": selectors.account_url()}
    services.tell_person(user, "phone_changed", about=event.change_id, **words)


@handles(SecondFactorChanged)
def tell_of_second_factor(event: SecondFactorChanged) -> None:
    user = User.objects.get(pk=event.user_id)
    services.tell_person(user, "second_factor_changed", about=event.change_id, change=event.change)


@handles(DataExportReady)
def mail_export_link(event: DataExportReady) -> None:
    export = selectors.find_export(export_id=event.export_id)
    if export is None:  # the person was erased meanwhile
        return
    query = urlencode({"token": account_services.export_token(export)})
    words = {"link": f"{settings.STOREFRONT_URL}/account/data?{query}", "hours": settings.DATA_EXPORT_HOURS}
    services.tell_person(export.user, "data_export", about=export.pk, **words)


@handles(EmailVerified)
def welcome_user(event: EmailVerified) -> None:
    user = User.objects.get(pk=event.user_id)
    services.queue_email(
        to=user.email,
        template="welcome",
        language=user.language,
        dedupe_key=f"welcome-{user.pk}",
        context={"name": selectors.first_name(user)},
    )


@handles(MemberInvited)
def tell_of_store_invitation(event: MemberInvited) -> None:
    """To whoever has the address; with an account he is spoken to in his own language."""
    invitation = StoreInvitation.objects.select_related("store").filter(pk=event.invitation_id).first()
    if invitation is None:
        return
    person = account_selectors.find_user(invitation.email)
    services.queue_email(
        to=invitation.email,
        template="store_invitation",
        language=person.language if person else settings.LANGUAGE_CODE,
        dedupe_key=f"store-invitation-{invitation.pk}",
        context={
            "name": selectors.first_name(person) if person else "",
            "store": said_by_user(invitation.store.name, limit=60),
            "email": invitation.email,
            "link": f"{settings.STOREFRONT_URL}/account/invitations",
        },
    )


@handles(NewDeviceSignedIn)
def tell_of_new_device(event: NewDeviceSignedIn) -> None:
    _tell_of_session(event.session_id, "new_device")


@handles(RefreshTokenReused)
def tell_of_reused_token(event: RefreshTokenReused) -> None:
    _tell_of_session(event.session_id, "session_reused")


@handles(SuspiciousSignIn)
def tell_of_suspicious_sign_in(event: SuspiciousSignIn) -> None:
    words = {"networks": event.networks, "others_ended": event.others_ended}
    _tell_of_session(event.session_id, "suspicious_sign_in", **words)


@handles(OrderPlaced)
def tell_order_placed(event: OrderPlaced) -> None:
    services.tell_customer(event.order_id, "order_placed")


@handles(OrderPlaced)
def tell_stores_of_order(event: OrderPlaced) -> None:
    """Every store in the order hears of its own lines."""
    order = order_selectors.get_order(order_id=event.order_id)
    for store in selectors.stores_to_tell(order):
        services.tell_staff(
            "staff_new_order",
            about=f"{order.pk}-{store.pk}",
            to=store.email,
            order_number=order.number,
            order=selectors.summarise(order, store=store),
        )


@handles(OrderPlaced)
def tell_owner_of_order(event: OrderPlaced) -> None:
    order = order_selectors.get_order(order_id=event.order_id)
    values = selectors.new_order_values(order, language=settings.WHATSAPP_OWNER_LANGUAGE)
    services.tell_owner(NEW_ORDER, values, dedupe_key=f"owner-new-order-{order.pk}", order_number=order.number)


@handles(PaymentReported)
def tell_staff_of_report(event: PaymentReported) -> None:
    """Once for each reference: whoever looks after the shop's money by mail, and the owner on WhatsApp."""
    report = selectors.get_report(event)
    key = f"{event.payment_id}-{event.bank_reference}"
    services.tell_staff("staff_payment_to_verify", about=key, order_number=report.number, report=report)
    values = selectors.report_values(report, language=settings.WHATSAPP_OWNER_LANGUAGE)
    owner_key = f"owner-payment-to-verify-{key}"
    services.tell_owner(PAYMENT_TO_VERIFY, values, dedupe_key=owner_key, order_number=report.number)


@handles(PaymentReported)
def tell_payment_reported(event: PaymentReported) -> None:
    """Once for each reference."""
    about = f"{event.payment_id}-{event.bank_reference}"
    services.tell_customer(event.order_id, "payment_reported", about=about, report=selectors.get_report(event))


@handles(OrderConfirmed)
def tell_order_confirmed(event: OrderConfirmed) -> None:
    phone = ORDER_CONFIRMED, selectors.confirmed_values
    found = selectors.find_found_report(order_id=event.order_id)
    services.tell_customer(event.order_id, "order_confirmed", phone=phone, found=found)


@handles(OrderExpired)
def tell_order_expired(event: OrderExpired) -> None:
    services.tell_customer(event.order_id, "order_expired")


@handles(OrderCancelled)
def tell_order_cancelled(event: OrderCancelled) -> None:
    services.tell_customer(event.order_id, "order_cancelled")


@handles(OrderShipped)
def tell_order_shipped(event: OrderShipped) -> None:
    parcel = selectors.get_parcel(fulfilment_id=event.fulfilment_id)
    phone = ORDER_SHIPPED, partial(selectors.shipped_values, parcel=parcel)
    services.tell_customer(event.order_id, "order_shipped", about=event.fulfilment_id, phone=phone, parcel=parcel)


@handles(OrderCompleted)
def tell_order_delivered(event: OrderCompleted) -> None:
    services.tell_customer(event.order_id, "order_delivered")


@handles(PaymentFailed)
def tell_payment_failed(event: PaymentFailed) -> None:
    """Once per attempt, and only while the order can still be paid, unless staff have looked for reported money."""
    if event.failure_code == REJECTED_BY_STAFF:
        payment = payment_selectors.get_payment(payment_id=event.payment_id)
        reason = said_by_user(payment.failure_message, limit=300)
        services.tell_customer(event.order_id, "payment_rejected", about=payment.pk, reason=reason)
    elif order_selectors.get_order(order_id=event.order_id).is_awaiting_payment:
        services.tell_customer(event.order_id, "payment_failed", about=event.payment_id)


@handles(PaymentSucceeded)
def tell_part_received(event: PaymentSucceeded) -> None:
    """Only of a part: whoever has paid all of it hears that the order is confirmed."""
    if event.is_all:
        return
    payment = payment_selectors.get_payment(payment_id=event.payment_id)
    words: dict[str, Any] = {
        "amount": payment.captured,
        "part": selectors.summarise_part(payment),
        "found": selectors.find_found_report(order_id=event.order_id, payment_id=payment.pk),
    }
    services.tell_customer(event.order_id, "payment_received", about=payment.pk, **words)


@handles(PaymentSucceeded)
def tell_owner_of_payment(event: PaymentSucceeded) -> None:
    payment = payment_selectors.get_payment(payment_id=event.payment_id)
    language = settings.WHATSAPP_OWNER_LANGUAGE
    values = selectors.confirmed_payment_values(payment, is_all=event.is_all, language=language)
    key, number = f"owner-payment-confirmed-{payment.pk}", payment.order.number
    services.tell_owner(PAYMENT_CONFIRMED, values, dedupe_key=key, order_number=number)


@handles(PaymentReturned)
def tell_payment_returned(event: PaymentReturned) -> None:
    payment = payment_selectors.get_payment(payment_id=event.payment_id)
    services.tell_customer(
        event.order_id, "payment_returned", about=payment.pk, amount=payment.captured, reason=event.reason
    )


@handles(RefundSucceeded)
def tell_refund_sent(event: RefundSucceeded) -> None:
    refund = selectors.get_refund(refund_id=event.refund_id)
    rate = selectors.summarise_refund(refund)
    services.tell_customer(event.order_id, "refund_sent", about=refund.pk, amount=refund.money, quoted=rate)


@handles(CaseOpened)
def tell_staff_of_case(event: CaseOpened) -> None:
    case = selectors.get_case(case_id=event.case_id)
    services.tell_staff("staff_case", about=event.case_id, order_number=case.order_number, case=case)


@handles(RateAlertRaised)
def tell_of_rate_alert(event: RateAlertRaised) -> None:
    """Of all by mail; a rate that has moved by a lot also interrupts the owner."""
    alert = selectors.get_rate_alert(alert_id=event.alert_id)
    services.tell_staff("staff_rate_alert", about=event.alert_id, alert=alert)
    if alert.is_large_move:
        values = {"currency": alert.currency, "kind": alert.kind, "detail": alert.detail}
        services.tell_owner(RATE_ALERT, values, dedupe_key=f"owner-rate-alert-{event.alert_id}")


@handles(StockRanLow)
def tell_of_low_stock(event: StockRanLow) -> None:
    """All that a store's shelves ran out of at once makes one message."""
    goods = selectors.low_goods(store_id=event.store_id, told_at=datetime.fromisoformat(event.told_at))
    if not goods:
        return
    store = Store.objects.get(pk=event.store_id)
    about = f"{store.pk}-{event.told_at}"
    services.tell_staff("staff_low_stock", about=about, to=store.email, goods=goods, count=len(goods))
    services.tell_owner(LOW_STOCK, selectors.low_goods_values(goods), dedupe_key=f"owner-low-stock-{about}")


@handles(WordingFailed)
def tell_of_failed_wording(event: WordingFailed) -> None:
    """Not in the words that have failed, should they be those of this very mail: then the log alone says so."""
    if event.template != "staff_system_error":
        services.tell_of_error(where=f"the mail {event.template} ({event.language}), in your words", error=event.error)


@handles(PriceChanged)
def tell_of_lower_price(event: PriceChanged) -> None:
    """At once, by what it costs by then; beat finds what nobody announces, and what the quiet hours have held up."""
    services.tell_of_alerts(product_ids=[event.product_id])


@receiver(got_request_exception)
def tell_of_failed_request(request: HttpRequest, **_: object) -> None:
    """A 500: by the route and not the address, which may name somebody."""
    match, error = request.resolver_match, sys.exception()
    if error is not None:
        where = f"{request.method} {simplify_regex(match.route) if match else 'of no route'}"
        services.tell_of_error(where=where, error=error)


@task_failure.connect
def tell_of_failed_task(sender: Task, exception: BaseException, **_: object) -> None:
    """One that is not tried again; what a task says that it throws is no failure."""
    if not isinstance(exception, tuple(sender.throws)):
        services.tell_of_error(where=sender.name, error=exception)


def _mail_verification(user: User, *, request_key: str, address: str = "") -> None:
    token = account_services.issue_verification(user=user, request_key=request_key, address=address)
    if token:
        link = f"{settings.STOREFRONT_URL}/verify-email?{urlencode({'token': token})}"
        services.tell_person(user, "verify_email", about=request_key, link=link)


def _tell_of_session(session_id: int, template: str, **context: Any) -> None:
    """Queue the mail of that template about a sign-in, once per session."""
    session = selectors.get_session(session_id=session_id)
    words = {"sign_in": selectors.summarise_sign_in(session), "account_url": selectors.account_url(), **context}
    services.tell_person(session.user, template, about=session.pk, **words)
