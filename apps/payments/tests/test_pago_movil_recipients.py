"""Our accounts: whose turn it is, what they may take in a day, and what a customer is told."""

from datetime import timedelta
from decimal import Decimal
from urllib.parse import unquote

import pytest
from django.db import transaction

from apps.common.money import Money
from apps.payments import services
from apps.payments.exceptions import ProviderNotOffered, RecipientRefused
from apps.payments.models import Bank, PagoMovilAssignment, PagoMovilRecipient, Payment, PaymentStatus
from apps.payments.selectors import pago_movil as selectors
from apps.payments.tests.mobile_payments import (
    begin,
    make_banks,
    make_rate,
    make_recipient,
    open_order,
    today,
)
from tests.racing import race, refusals

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def shop(db, settings):
    settings.PAGO_MOVIL = True
    make_rate()


def told_to(payment):
    return payment.pago_movil.phone


def test_a_payment_is_asked_in_bolivares_at_the_quoted_rate_and_told_where():
    recipient = make_recipient()

    payment = begin()

    assert payment.money == Money(Decimal("1360.0000"), "VES")
    assert payment.pago_movil.recipient == recipient
    assert (payment.status, payment.quote.rate) == ("pending", Decimal(100))


def test_what_a_payment_was_told_stays_when_the_account_changes():
    recipient = make_recipient()
    payment = begin()

    PagoMovilRecipient.objects.filter(pk=recipient.pk).update(phone="+584240000000", holder="Otra")

    assert selectors.transfer_for(reference=payment.reference).phone == "+584141112233"


def test_the_account_that_was_asked_for_least_today_is_next():
    make_recipient(), make_recipient(phone="+584142222222")

    phones = [told_to(begin()) for _ in range(4)]

    assert phones == ["+584141112233", "+584142222222"] * 2


def test_what_was_given_up_or_asked_yesterday_does_not_count():
    make_recipient(daily_limit_amount=Decimal(2000))
    begin_yesterday, given_up = begin(), None
    PagoMovilAssignment.objects.filter(payment=begin_yesterday).update(asked_date=today() - timedelta(days=1))

    given_up = begin()
    Payment.objects.filter(pk=given_up.pk).update(status=PaymentStatus.CANCELLED)

    assert told_to(begin()) == "+584141112233"


def test_an_account_whose_limit_is_reached_is_passed_over():
    make_recipient(daily_limit_amount=Decimal(2000)), make_recipient(phone="+584142222222", position=1)

    assert [told_to(begin()) for _ in range(3)] == ["+584141112233", "+584142222222", "+584142222222"]


@pytest.mark.parametrize("change", [{"is_active": False}, {"daily_limit_amount": Decimal("1359.99")}])
def test_without_an_account_that_has_room_the_way_is_closed_and_says_why(change):
    make_recipient(**change)

    with pytest.raises(ProviderNotOffered) as refusal, transaction.atomic():
        begin()

    assert "None of the shop's accounts can take 1360.00 VES by Pago Móvil today." in refusal.value.detail
    assert not Payment.objects.exists()
    ways = services.payment_methods(amount=Money(Decimal("13.60"), "USD"))
    way = next(one for one in ways if one.code == "pago_movil")
    assert [one.message for one in way.reasons] == [
        "None of the shop's accounts can take 1360.00 VES by Pago Móvil today."
    ]


def test_the_customer_is_told_every_figure_and_the_same_as_text_and_qr():
    make_recipient()
    order = open_order(language="es")
    payment = services.open_payment(order=order, provider="pago_movil")

    action = services.start_payment(payment_id=payment.pk).as_json()

    assert action["type"] == "transfer_instructions"
    assert action["instructions"].splitlines() == [
        "Pago Móvil",
        "Banco: 0102 Banco de Venezuela",
        "Teléfono: 04141112233",
        "Documento: J312948469",
        "Nombre: Tienda, C.A.",
        "Monto: Bs. 1.360,00",
        f"Concepto: {order.number}",
    ]
    assert action["amount"] == {"amount": "1360.00", "currency": "VES"}
    assert (action["rate"], action["rate_source"]) == ("100", "bcv")
    assert action["rate_value_date"] == today().isoformat()
    assert action["pay_before"] == order.payment_due_at.isoformat()
    assert action["recipient"]["local_phone"] == "04141112233"
    assert unquote(action["qr"]).startswith("data:image/svg+xml")


def test_beginning_again_tells_the_same():
    make_recipient()
    make_recipient(phone="+584142222222")
    payment = begin()

    actions = [services.start_payment(payment_id=payment.pk).as_json() for _ in range(2)]

    assert actions[0] == actions[1]


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_of_five_at_once_no_more_are_sent_to_an_account_than_its_limit_bears():
    make_recipient(daily_limit_amount=Decimal(2 * 1360))
    orders = [open_order() for _ in range(5)]

    results = race(*[lambda order=order: begin(order) for order in orders])

    assert refusals(results, ProviderNotOffered) == 3
    assert PagoMovilAssignment.objects.count() == 2


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_without_the_lock_the_limit_is_passed(monkeypatch):
    """The twin of the race above: everybody looks before anybody writes; it proves that the race can be lost."""
    make_recipient(daily_limit_amount=Decimal(2 * 1360))
    orders = [open_order() for _ in range(5)]
    seen = []

    def look(order):
        seen.append(selectors.recipients_with_room(Decimal(1360)).exists())

    race(*[lambda order=order: look(order) for order in orders])

    assert seen == [True] * 5


def test_an_account_is_made_once_and_brought_to_what_is_said():
    make_banks()
    data = {"bank": "0102", "phone": "0414-1112233", "document": "j-31294846-9", "holder": "Tienda,  C.A."}

    outcomes = [
        services.save_recipient(**data, is_dry_run=True).outcome,
        services.save_recipient(**data).outcome,
        services.save_recipient(**data).outcome,
        services.save_recipient(**data, daily_limit=Decimal(5000)).outcome,
    ]

    recipient = PagoMovilRecipient.objects.get()
    assert outcomes == ["created", "created", "unchanged", "updated"]
    assert (recipient.phone, recipient.document, recipient.holder) == ("+584141112233", "J312948469", "Tienda, C.A.")
    assert recipient.daily_limit_amount == 5000


def test_an_account_that_cannot_be_right_is_refused_with_every_fault():
    Bank.objects.create(code="0116", name="BOD", short_name="BOD", is_active=False)

    with pytest.raises(RecipientRefused) as refusal:
        services.save_recipient(
            bank="0116", phone="0212 1234567", document="J312948468", holder=" ", account_number="0102 1234"
        )

    assert sorted(refusal.value.errors) == ["account_number", "bank", "document", "holder", "phone"]
    assert not PagoMovilRecipient.objects.exists()
