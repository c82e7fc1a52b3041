"""Reports of mobile payments: what a customer says, what staff read at the bank, and what becomes of the money."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import DatabaseError, connection, transaction

from apps.common import audit
from apps.common.money import Money
from apps.orders import services as order_services
from apps.orders.models import Order
from apps.payments import services
from apps.payments.exceptions import (
    AmountDiffers,
    ClaimDecided,
    PaymentInProgress,
    PaymentNotClaimable,
    PaymentNotConfirmable,
    ReferenceUsed,
    RefundRefused,
    ReportRefused,
    SecondPersonNeeded,
)
from apps.payments.models import PagoMovilClaim, PagoMovilClaimEvent, Payment
from apps.payments.selectors import pago_movil as selectors
from apps.payments.services import pago_movil
from apps.payments.tests.mobile_payments import (
    VENEZUELA,
    approve,
    begin,
    fresh,
    history,
    make_rate,
    make_recipient,
    make_staff,
    open_order,
    report,
    today,
)
from apps.payments.tests.paying import order_of, work
from tests.racing import race, refusals

pytestmark = pytest.mark.django_db


def usd(amount):
    return Money(Decimal(amount), "USD")


@pytest.fixture(autouse=True)
def shop(db, settings):
    settings.PAGO_MOVIL = True
    make_rate()
    return make_recipient()


@pytest.fixture
def payment(shop):
    return begin()


@pytest.fixture
def claim(payment):
    return report(payment)


@pytest.fixture
def ana(db):
    return make_staff("ana")


@pytest.fixture
def luis(db):
    return make_staff("luis")


def send_back(refund, staff, **options):
    return services.confirm_manual_refund(refund_id=refund.pk, staff_user=staff, bank_reference="555666777", **options)


# --- reporting


def test_a_report_stops_the_clock_and_keeps_the_payment(payment, claim):
    assert (claim.state, claim.recipient, claim.reference_key) == (
        "reported",
        payment.pago_movil.recipient,
        "90037579602",
    )
    assert (fresh(payment).status, order_of(payment).payment_due_at) == ("processing", None)
    with pytest.raises(PaymentInProgress):
        services.new_attempt(order_id=payment.order_id, provider="bank_transfer")
    assert history(claim) == [("", "reported")]


def test_the_same_report_again_is_one(payment, claim):
    again = report(payment, reference="90037579602")

    assert again == claim
    assert PagoMovilClaim.objects.count() == 1


@pytest.mark.parametrize(
    "change",
    [
        {"reference": "111222333"},
        {"amount": Decimal("1306.00")},
        {"phone": "+584149876543", "document": "V87654321", "bank_code": VENEZUELA},
    ],
    ids=["reference", "amount", "payer"],
)
def test_a_mistyped_report_is_corrected_while_nobody_has_taken_it(payment, claim, change):
    before = claim.reference

    corrected = report(payment, **change)

    assert corrected == claim
    assert all(getattr(corrected, name) == value for name, value in change.items() if name != "bank_code")
    assert history(claim) == [("", "reported"), ("reported", "reported")]
    assert f"before it was reference {before}, 1360.00 VES" in claim.events.latest("pk").note


def test_a_corrected_reference_leaves_the_old_one_to_whoever_has_it(payment, claim):
    report(payment, reference="111222333")

    assert report(begin()).state == "reported"
    with pytest.raises(ReferenceUsed):
        report(payment)
    assert fresh(claim).reference == "111222333"


def test_a_report_of_other_money_waits_its_turn(payment, claim):
    with pytest.raises(PaymentNotClaimable):
        report(payment, reference="111222333", amount=Decimal("500.00"))

    assert (fresh(claim).reference, fresh(claim).amount) == (claim.reference, claim.amount)


def test_a_report_that_staff_have_taken_is_not_corrected(payment, claim, ana):
    pago_movil.take_claim(claim_id=claim.pk, staff_user=ana)

    with pytest.raises(PaymentNotClaimable) as refusal:
        report(payment, reference="111222333")

    assert refusal.value.extra == {"claim": str(claim.public_id)}


def test_nobody_tries_one_reference_after_another(payment, claim):
    for reference in ("111222331", "111222332", "111222333"):
        report(payment, reference=reference)

    with pytest.raises(PaymentNotClaimable):
        report(payment, reference="111222334")


def test_a_reference_of_somebody_else_is_refused(claim):
    other = begin()

    with pytest.raises(ReferenceUsed) as refusal:
        report(other, reference="90037579602")

    assert list(refusal.value.errors) == ["reference"]
    assert (fresh(other).status, PagoMovilClaim.objects.count()) == ("pending", 1)


@pytest.mark.parametrize("change", ["bank", "day", "reference"])
def test_another_bank_day_or_number_is_another_reference(claim, change):
    other = {
        "bank": {"bank_code": VENEZUELA},
        "day": {"payment_date": today() - timedelta(days=1)},
        "reference": {"reference": "190037579602"},
    }

    placed_before = begin(open_order(days_ago=2))

    assert report(placed_before, **other[change]).state == "reported"


@pytest.mark.parametrize("days", [-1, 1, 8])
def test_a_day_on_which_it_cannot_have_been_paid_is_refused(days):
    payment = begin(open_order(days_ago=0 if days == 1 else 20))

    with pytest.raises(ReportRefused) as refusal:
        report(payment, payment_date=today() - timedelta(days=days))

    assert list(refusal.value.errors) == ["payment_date"]
    assert fresh(payment).status == "pending"


def test_a_card_payment_is_not_reported(buyer):
    with pytest.raises(PaymentNotClaimable):
        report(buyer.begin())


def test_what_is_paid_is_not_reported_again(payment, claim, ana):
    approve(claim, ana)

    with pytest.raises(PaymentNotClaimable):
        report(payment, reference="111222333")


def test_a_payment_that_was_given_up_may_still_be_reported(payment, ana):
    services.new_attempt(order_id=payment.order_id, provider="bank_transfer")
    assert fresh(payment).status == "cancelled"

    claim = report(payment)
    approve(claim, ana)
    work()

    assert (fresh(payment).status, order_of(payment).status) == ("succeeded", "confirmed")
    assert list(audit.run()) == []


# --- deciding


def test_the_amount_that_was_asked_pays_the_order(payment, claim, ana):
    approved = approve(claim, ana)

    assert (approved.state, approved.reviewed_by, approved.received) == (
        "confirmed",
        ana,
        Money(Decimal("1360.00"), "VES"),
    )
    assert (fresh(payment).status, fresh(payment).counted) == ("succeeded", usd("13.60"))
    assert order_of(payment).status == "confirmed"
    assert history(claim) == [("", "reported"), ("reported", "confirmed")]
    assert list(audit.run()) == []


@pytest.mark.parametrize("amount", ["1359.99", "1360.01"])
def test_another_amount_is_refused_with_both_figures(payment, claim, ana, amount):
    with pytest.raises(AmountDiffers) as refusal:
        approve(claim, ana, amount)

    assert refusal.value.detail == f"The bank shows {amount} VES where 1360.00 VES were asked."
    assert (fresh(claim).state, fresh(payment).status) == ("reported", "processing")


def test_a_part_counts_for_what_it_is_worth_and_the_rest_can_be_paid(payment, claim, ana):
    approved = approve(claim, ana, "680.00", accept_difference=True)

    assert approved.state == "partial"
    assert (order_of(payment).balance, order_of(payment).payment_status) == (usd("6.80"), "partially_paid")
    rest = services.new_attempt(order_id=payment.order_id, provider="pago_movil")
    assert rest.money == Money(Decimal("680.00"), "VES")
    approve(report(rest, reference="111222333", amount=Decimal(680)), ana, "680.00")
    assert order_of(payment).status == "confirmed"
    assert list(audit.run()) == []


def test_what_is_too_much_goes_back_by_hand(payment, claim, ana):
    approved = approve(claim, ana, "2000.00", accept_difference=True)
    work()

    assert (approved.state, order_of(payment).status) == ("overpaid", "confirmed")
    refund = payment.refunds.get()
    assert (refund.money, refund.status) == (Money(Decimal("640.00"), "VES"), "pending")
    with pytest.raises(RefundRefused):
        send_back(refund, ana, sent_date=today() + timedelta(days=1))
    sent = send_back(refund, ana, sent_date=today() - timedelta(days=1))
    assert (sent.status, sent.sent_date) == ("succeeded", today() - timedelta(days=1))
    assert sent.payment.quote.rate == 100
    assert list(audit.run()) == []


def test_a_decided_report_is_not_decided_again(claim, ana, luis):
    approve(claim, ana)

    with pytest.raises(ClaimDecided):
        approve(claim, luis)
    with pytest.raises(ClaimDecided):
        pago_movil.reject_claim(claim_id=claim.pk, staff_user=luis, reason="No")
    with pytest.raises(ClaimDecided):
        pago_movil.take_claim(claim_id=claim.pk, staff_user=luis)


def test_a_rejected_report_restarts_the_clock_and_may_be_corrected(payment, claim, ana):
    rejected = pago_movil.reject_claim(claim_id=claim.pk, staff_user=ana, reason="No such reference")

    assert (rejected.state, rejected.reason, rejected.reviewed_by) == ("rejected", "No such reference", ana)
    assert (fresh(payment).status, fresh(payment).failure_message) == ("failed", "No such reference")
    assert order_of(payment).payment_due_at is not None

    corrected = report(payment, reference="90037579603")

    assert (fresh(payment).status, order_of(payment).payment_due_at) == ("processing", None)
    approve(corrected, ana)
    assert order_of(payment).status == "confirmed"
    assert list(audit.run()) == []


def test_the_same_reference_may_be_reported_by_its_owner_once_it_was_rejected(claim, ana):
    pago_movil.reject_claim(claim_id=claim.pk, staff_user=ana, reason="No such reference")

    assert report(begin()).state == "reported"


def test_after_a_rejection_the_customer_may_pay_another_way(payment, claim, ana):
    pago_movil.reject_claim(claim_id=claim.pk, staff_user=ana, reason="No such reference")

    assert services.new_attempt(order_id=payment.order_id, provider="bank_transfer").provider == "bank_transfer"


def test_money_that_is_found_after_the_order_was_cancelled_goes_back(payment, claim, ana):
    order_services.cancel_order(order_id=payment.order_id, actor="customer", reason="No")
    work()

    approve(claim, ana)
    work()

    assert (fresh(claim).state, payment.refunds.get().status) == ("confirmed", "pending")
    assert list(audit.run()) == []


def test_money_reported_after_expiry_pays_while_the_units_are_free(payment, ana):
    Order.objects.update(payment_due_at="2020-01-01T00:00Z")
    order_services.expire_due_orders()
    work()

    approve(report(payment), ana)

    assert (order_of(payment).status, order_of(payment).is_paid_late) == ("confirmed", True)
    assert list(audit.run()) == []


def test_nobody_goes_around_the_report(payment, claim, ana):
    with pytest.raises(PaymentNotConfirmable):
        services.confirm_manual_payment(payment_id=payment.pk, staff_user=ana, amount=payment.money)


def test_nobody_confirms_their_own_order(ana):
    claim = report(begin(open_order(customer_id=ana.pk)))

    with pytest.raises(SecondPersonNeeded):
        approve(claim, ana)


def test_somebody_takes_a_report_so_that_two_do_not_look_for_it(claim, ana, luis):
    pago_movil.take_claim(claim_id=claim.pk, staff_user=ana)

    with pytest.raises(ClaimDecided):
        pago_movil.take_claim(claim_id=claim.pk, staff_user=luis)
    assert approve(claim, luis).state == "confirmed"
    assert history(claim)[1:] == [("reported", "under_review"), ("under_review", "confirmed")]


# --- two people


@pytest.fixture
def two_people(settings):
    settings.PAGO_MOVIL_TWO_PEOPLE_ABOVE = "10"


def test_above_the_limit_two_people_must_read_the_same_amount(two_people, payment, claim, ana, luis):
    first = approve(claim, ana)
    assert (first.state, first.first_approved_by, fresh(payment).status) == ("under_review", ana, "processing")

    second = approve(claim, luis)

    assert (second.state, second.reviewed_by, order_of(payment).status) == ("confirmed", luis, "confirmed")


def test_the_same_person_is_not_two(two_people, payment, claim, ana):
    approve(claim, ana)

    with pytest.raises(SecondPersonNeeded):
        approve(claim, ana)
    assert fresh(payment).status == "processing"


def test_two_people_who_read_different_amounts_are_told(two_people, claim, ana, luis):
    approve(claim, ana, "1300.00", accept_difference=True)

    with pytest.raises(AmountDiffers):
        approve(claim, luis)
    approve(claim, ana)  # she looks again
    assert approve(claim, luis).state == "confirmed"


def test_at_the_limit_one_person_is_enough(settings, claim, ana):
    settings.PAGO_MOVIL_TWO_PEOPLE_ABOVE = "13.60"

    assert approve(claim, ana).state == "confirmed"


def test_more_than_was_asked_may_pass_the_limit(settings, claim, ana):
    settings.PAGO_MOVIL_TWO_PEOPLE_ABOVE = "13.60"

    assert approve(claim, ana, "1360.01", accept_difference=True).state == "under_review"


# --- what staff are warned of, and what the database itself keeps


def test_staff_are_warned_of_reports_that_look_alike(claim):
    same_digits = report(begin(), bank_code=VENEZUELA, reference="111579602", phone="+584240000000")
    same_phone = report(begin(), reference="777888999")

    assert [one.code for one in selectors.doubts_about(same_digits)] == ["same_digits"]
    assert [one.code for one in selectors.doubts_about(same_phone)] == ["same_phone"]


def test_staff_are_warned_of_another_amount_and_a_doubtful_document():
    claim = report(begin(), amount=Decimal("1000.00"), document="V123456789")

    codes = [one.code for one in selectors.doubts_about(claim)]

    assert codes[0] == "amount"


def test_a_plain_report_has_no_warning(claim):
    assert selectors.doubts_about(PagoMovilClaim.objects.get(pk=claim.pk)) == []


def test_a_claims_history_is_never_rewritten(claim):
    for change in (lambda: PagoMovilClaimEvent.objects.update(note="x"), PagoMovilClaimEvent.objects.all().delete):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_of_two_tabs_with_the_same_reference_one_is_kept():
    payments = [begin() for _ in range(4)]

    results = race(*[lambda payment=payment: report(payment) for payment in payments])

    assert refusals(results, ReferenceUsed) == 3
    assert PagoMovilClaim.objects.count() == 1
    assert sorted(payment.status for payment in Payment.objects.all()) == ["pending"] * 3 + ["processing"]


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_without_the_constraint_two_tabs_use_the_same_reference():
    """The twin of the race above: nothing but the database stands between two orders and one payment."""
    payments = [begin() for _ in range(4)]
    constraint = next(one for one in PagoMovilClaim._meta.constraints if one.name == "pago_movil_reference_once")
    with connection.schema_editor() as editor:
        editor.remove_constraint(PagoMovilClaim, constraint)
    try:
        race(*[lambda payment=payment: report(payment) for payment in payments])
        assert PagoMovilClaim.objects.count() == 4
    finally:
        with connection.cursor() as cursor:
            cursor.execute("TRUNCATE payments_pagomovilclaim CASCADE")
        with connection.schema_editor() as editor:
            editor.add_constraint(PagoMovilClaim, constraint)
        Payment.objects.update(status="cancelled")


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_of_two_people_at_once_one_confirms(payment, claim, ana, luis):
    results = race(lambda: approve(claim, ana), lambda: approve(claim, luis))

    assert refusals(results, ClaimDecided) == 1
    assert order_of(payment).status == "confirmed"


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_of_a_confirmation_and_a_rejection_one_counts(payment, claim, ana, luis):
    def reject():
        return pago_movil.reject_claim(claim_id=claim.pk, staff_user=luis, reason="No")

    results = race(lambda: approve(claim, ana), reject)

    assert refusals(results, ClaimDecided) == 1
    assert (fresh(claim).state, fresh(payment).status) in {("confirmed", "succeeded"), ("rejected", "failed")}
