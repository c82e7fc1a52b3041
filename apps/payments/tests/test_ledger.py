"""The books: what each movement writes, that it is written once, and that nobody rewrites it."""

from collections import defaultdict
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction
from django.db.models import F, QuerySet

from apps.common.money import Money
from apps.fx_rates.tests.factories import RateFactory
from apps.orders import services as order_services
from apps.payments import services
from apps.payments.models import Dispute, LedgerEntry, LedgerTransaction, Payment
from apps.payments.tests.paying import work

pytestmark = pytest.mark.django_db


def balances():
    """What stands on each account, by provider and currency."""
    sums = defaultdict(Decimal)
    for entry in LedgerEntry.objects.all():
        sums[f"{entry.account} {entry.provider} {entry.currency}".replace("  ", " ")] += entry.amount
    return {name: f"{amount.normalize():f}" for name, amount in sums.items() if amount}


def test_a_sale_by_card_and_what_the_provider_kept(buyer):
    payment = buyer.paid()

    payment.refresh_from_db()
    assert payment.fee is not None
    held, fee = Decimal("13.60") - payment.fee.amount, payment.fee.amount
    assert balances() == {
        "clearing stripe USD": f"{held.normalize():f}",
        "fees stripe USD": f"{fee.normalize():f}",
        "sales USD": "-13.6",
    }
    assert [one.description for one in LedgerTransaction.objects.order_by("pk")] == [
        "13.60 USD came by stripe",
        f"{payment.order.number} was sold for 13.60 USD",
        f"stripe kept {payment.fee} of it",
    ]


def test_hearing_of_the_same_money_again_writes_nothing(buyer):
    payment = buyer.paid()
    before = LedgerEntry.objects.count()

    for _ in range(3):
        services.settle_payment(payment_id=payment.pk)

    assert LedgerEntry.objects.count() == before


def test_a_refund_is_booked_when_it_has_arrived(buyer):
    payment = buyer.paid()
    services.request_refund(payment_id=payment.pk, amount=Money(Decimal("3.60"), "USD"), reason="broken", actor="shop")
    assert "refunds USD" not in balances()

    work()

    assert balances()["refunds USD"] == "3.6"
    assert balances()["sales USD"] == "-13.6"


def test_money_that_an_order_could_not_use_is_never_a_sale(buyer):
    payment = buyer.begin()
    order_services.cancel_order(order_id=payment.order_id, actor="customer")
    buyer.approve(payment)

    services.settle_payment(payment_id=payment.pk)
    assert balances()["customer USD"] == "-13.6"
    work()

    assert set(balances()) == {"clearing stripe USD", "fees stripe USD"}  # the fee is lost


def test_money_that_does_not_fit_waits_in_suspense_until_staff_decide(buyer, staff):
    payment = buyer.begin(provider="bank_transfer")
    short = Money(Decimal("10.00"), "USD")
    services.confirm_manual_payment(payment_id=payment.pk, staff_user=staff, amount=short)
    assert balances() == {"clearing bank_transfer USD": "10", "suspense USD": "-10"}

    services.accept_set_aside(payment_id=payment.pk, staff_user=staff)

    assert balances() == {"clearing bank_transfer USD": "10", "customer USD": "-10"}


def test_money_that_does_not_fit_and_goes_back_leaves_nothing(buyer, staff):
    payment = buyer.begin(provider="bank_transfer")
    short = Money(Decimal("10.00"), "USD")
    services.confirm_manual_payment(payment_id=payment.pk, staff_user=staff, amount=short)
    refund = services.request_refund(payment_id=payment.pk, amount=None, reason="not ours", actor="staff:1")
    services.execute_refund(refund_id=refund.pk)
    services.confirm_manual_refund(refund_id=refund.pk, staff_user=staff, bank_reference="R1")

    assert balances() == {}


def test_two_currencies_meet_in_exchange_and_what_the_coin_leaves_is_rounding(buyer, staff, settings):
    settings.CASH_ON_PICKUP_CURRENCIES = ["VES"]
    RateFactory()
    payment = services.open_payment(order=buyer.order(is_pickup=True), provider="cash_on_pickup")
    services.start_payment(payment_id=payment.pk)
    half = Money(Decimal("5000.00"), "VES")

    services.confirm_manual_payment(payment_id=payment.pk, staff_user=staff, amount=half, accept_difference=True)

    assert balances() == {
        "clearing cash_on_pickup VES": "5000",
        "exchange VES": "-5000",
        "exchange USD": "6.3722",  # 5000 / 784.6633
        "rounding USD": "-0.0022",
        "customer USD": "-6.37",
    }


def test_a_dispute_takes_the_money_away_and_a_won_one_brings_it_back(buyer):
    payment = buyer.paid()
    buyer.stripe.control("POST", f"/stripe/charges/{payment.capture_reference}/dispute")
    services.settle_payment(payment_id=payment.pk)

    dispute = Dispute.objects.get()
    assert (dispute.status, dispute.money) == ("open", Money(Decimal("13.60"), "USD"))
    assert balances()["disputes USD"] == "13.6"
    buyer.stripe.control("POST", f"/stripe/disputes/{dispute.provider_reference}/close", {"status": "won"})
    for _ in range(2):
        services.settle_payment(payment_id=payment.pk)

    assert Dispute.objects.get().status == "won"
    assert "disputes USD" not in balances()


@pytest.mark.parametrize("rows", [LedgerTransaction.objects, LedgerEntry.objects])
def test_the_database_itself_refuses_to_rewrite_the_books(buyer, rows):
    buyer.paid()

    for change in (lambda: rows.update(id=F("id")), lambda: QuerySet(rows.model)._raw_delete(using="default")):
        with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
            change()


@transaction.atomic
def _book_one_dollar_for_one_euro(order):
    entry = LedgerTransaction.objects.create(key="x", order=order, description="x")
    LedgerEntry.objects.create(transaction=entry, account="sales", amount=1, currency="USD")
    LedgerEntry.objects.create(transaction=entry, account="customer", amount=-1, currency="EUR")


@pytest.mark.django_db(transaction=True)
def test_the_database_itself_refuses_what_does_not_balance(buyer):
    payment = buyer.paid()

    with pytest.raises(IntegrityError, match="does not balance"):
        _book_one_dollar_for_one_euro(payment.order)

    assert Payment.objects.get().status == "succeeded"
