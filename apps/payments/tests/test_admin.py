from datetime import timedelta
from decimal import Decimal

import pytest
from django.db.models.functions import Now
from django.urls import reverse
from django.utils.html import escape

from apps.common import audit
from apps.common.clock import database_now
from apps.common.tests.staff import boss_client, page_answers, press, staff_client
from apps.fx_rates.tests.factories import RateFactory
from apps.inventory.tests.factories import StockItemFactory
from apps.orders.models import Order, OrderStatus
from apps.orders.tests.placing import place
from apps.payments import services
from apps.payments.admin.cases import WHAT_NEXT
from apps.payments.admin.inbox import masked
from apps.payments.models import Case, CaseKind, Dispute, Payment, PaymentStatus, Refund, RefundStatus, WebhookEvent
from apps.payments.tests.paying import work

pytestmark = pytest.mark.django_db

MAY_DECIDE = ["payments.view_payment", "payments.change_payment", "payments.view_refund"]


def transfer():
    """An order of 13.60 USD that waits for a bank transfer."""
    order = place(StockItemFactory())
    payment = services.open_payment(order=order, provider="bank_transfer")
    services.start_payment(payment_id=payment.pk)
    payment.refresh_from_db()
    return payment


def received():
    payment = transfer()
    staff = staff_client(*MAY_DECIDE, email="cashier@example.test")
    press(staff, button(payment, "confirm"), amount="13.60")
    payment.refresh_from_db()
    return payment


def button(row, name):
    return reverse(f"admin:payments_{row._meta.model_name}_button", args=[row.pk, name])


def order_page(payment):
    return reverse("admin:orders_order_change", args=[payment.order_id])


def status_of(payment):
    return Payment.objects.get(pk=payment.pk).status


def test_a_confirmed_transfer_pays_its_order_and_leads_back_to_it():
    payment, client = transfer(), staff_client(*MAY_DECIDE, "orders.view_order")

    answer = press(client, button(payment, "confirm"), amount="13.60")

    payment.refresh_from_db()
    assert (payment.status, payment.captured_amount) == (PaymentStatus.SUCCEEDED, Decimal("13.60"))
    assert payment.provider_answer["staff_id"] == client.user.pk
    assert Order.objects.get().status == OrderStatus.CONFIRMED
    assert answer.redirect_chain == [(order_page(payment), 302)]


def test_the_amount_is_never_filled_in_for_staff():
    html = staff_client(*MAY_DECIDE).get(button(transfer(), "confirm")).content.decode()

    assert 'name="amount"' in html
    assert "13.60" not in html


def test_another_amount_is_set_aside_and_staff_are_told():
    payment, client = transfer(), staff_client(*MAY_DECIDE, "orders.view_order")

    answer = press(client, button(payment, "confirm"), amount="10")

    assert "10.00 USD came where 13.60 USD was due" in answer.content.decode()
    assert status_of(payment) == PaymentStatus.NEEDS_REVIEW
    assert Case.objects.get().kind == CaseKind.WRONG_AMOUNT
    assert Order.objects.get().payment_status == "unpaid"


def test_another_amount_counts_for_what_it_is_worth_when_staff_let_it():
    payment, client = transfer(), staff_client(*MAY_DECIDE, "orders.view_order")

    answer = press(client, button(payment, "confirm"), amount="10", accept_difference="on")

    payment.refresh_from_db()
    assert f"10.00 USD has come for {payment.order}, and counts as 10.00 USD." in answer.content.decode()
    assert (payment.status, payment.counted_amount) == (PaymentStatus.SUCCEEDED, Decimal(10))
    assert Order.objects.get().balance.amount == Decimal("3.60")
    assert list(audit.run()) == []


def test_what_was_set_aside_is_accepted_later_and_its_case_is_closed():
    payment, client = transfer(), staff_client(*MAY_DECIDE, "orders.view_order")
    press(client, button(payment, "confirm"), amount="20")

    answer = press(client, button(payment, "accept"))

    payment.refresh_from_db()
    assert "20.00 USD has come" in answer.content.decode()
    assert (payment.counted_amount, payment.refunded_amount) == (Decimal("13.60"), Decimal("6.40"))
    assert Case.objects.get().resolved_by == client.user
    assert list(audit.run()) == []


def test_set_aside_money_is_found_by_its_filter():
    client = boss_client()
    payment, _ = transfer(), received()
    press(client, button(payment, "confirm"), amount="20")

    result = client.get(reverse("admin:payments_payment_changelist"), {"queue": "set_aside"})

    assert list(result.context["cl"].result_list) == [payment]


def test_the_list_says_what_a_payment_pays_what_counted_and_by_which_rate(settings):
    settings.CASH_ON_PICKUP_CURRENCIES = ["VES"]
    RateFactory()
    services.open_payment(order=place(StockItemFactory(), is_pickup=True), provider="cash_on_pickup")
    received()

    html = boss_client().get(reverse("admin:payments_payment_changelist")).content.decode()

    for text in ("10671.42 VES", "13.60 USD at 784.6633", "13.60 USD", "Cash on pickup"):
        assert text in html


def test_twenty_payments_cost_as_many_queries_as_one(django_assert_max_num_queries):
    client = boss_client()
    for _ in range(20):
        transfer()

    with django_assert_max_num_queries(8):
        assert client.get(reverse("admin:payments_payment_changelist")).status_code == 200


def test_a_transfer_that_cannot_be_found_is_rejected_with_a_reason():
    payment = transfer()

    press(staff_client(*MAY_DECIDE), button(payment, "reject"), reason="Nothing came by Friday")

    payment.refresh_from_db()
    assert (payment.status, payment.failure_message) == (PaymentStatus.FAILED, "Nothing came by Friday")
    assert Order.objects.get().status != OrderStatus.CONFIRMED


def test_a_refund_is_prefilled_with_all_that_is_left_and_may_be_less():
    payment, client = received(), staff_client(*MAY_DECIDE)

    html = client.get(button(payment, "refund")).content.decode()
    press(client, button(payment, "refund"), amount="3.60", reason="A scratch")

    refund = Refund.objects.get()
    assert 'value="13.60"' in html
    assert (refund.amount, refund.reason, refund.actor) == (Decimal("3.60"), "A scratch", f"staff:{client.user.pk}")
    assert Payment.objects.get().refundable.amount == Decimal("10.00")


def test_a_refund_that_is_sent_twice_goes_back_once():
    payment, client = received(), staff_client(*MAY_DECIDE)
    answers = page_answers(client, button(payment, "refund")) | {"amount": "3.60", "reason": "A scratch"}

    client.post(button(payment, "refund"), answers)
    client.post(button(payment, "refund"), answers)

    assert Refund.objects.get().amount == Decimal("3.60")


def test_more_than_was_taken_does_not_go_back():
    payment = received()

    answer = press(staff_client(*MAY_DECIDE), button(payment, "refund"), amount="13.61", reason="Kindness")

    assert "at most 13.60 USD can be given back" in answer.content.decode()
    assert not Refund.objects.exists()


def test_a_transfer_back_is_closed_by_the_name_that_the_bank_gave_it():
    payment, client = received(), staff_client(*MAY_DECIDE, "payments.view_case", "payments.change_case")
    press(client, button(payment, "refund"), amount="13.60", reason="Sold out")
    work()
    refund, case = Refund.objects.get(), Case.objects.get(kind=CaseKind.REFUND_BY_HAND)
    assert refund.status == RefundStatus.PENDING

    press(client, button(refund, "sent"), bank_reference="B-77")

    refund.refresh_from_db()
    case.refresh_from_db()
    assert (refund.status, refund.provider_reference) == (RefundStatus.SUCCEEDED, "bank_transfer:B-77")
    assert case.resolved_by == client.user


def test_only_what_the_state_allows_is_offered_on_the_order_page():
    client = boss_client()

    def offered(payment):
        html = client.get(order_page(payment)).content.decode()
        return {name for name in ["confirm", "accept", "reject", "refund", "ask"] if button(payment, name) in html}

    set_aside = transfer()
    press(client, button(set_aside, "confirm"), amount="20")
    assert offered(set_aside) == {"confirm", "accept", "refund"}
    assert offered(transfer()) == {"confirm", "reject"}
    assert offered(received()) == {"refund"}


@pytest.mark.parametrize("name", ["confirm", "reject"])
def test_opening_a_button_changes_nothing(name):
    payment = transfer()

    answer = boss_client().get(button(payment, name), {"amount": "13.60", "reason": "by accident"})

    assert answer.status_code == 200
    assert status_of(payment) == PaymentStatus.PENDING


@pytest.mark.parametrize("name", ["confirm", "accept", "reject", "refund"])
def test_whoever_may_only_look_sees_no_button_and_is_refused(name):
    payment = transfer()
    client = staff_client("orders.view_order", "orders.change_order", "payments.view_payment")

    assert f"/admin/payments/payment/{payment.pk}/do/" not in client.get(order_page(payment)).content.decode()
    assert client.post(button(payment, name), {"amount": "13.60", "reason": "because"}).status_code == 403
    assert status_of(payment) == PaymentStatus.PENDING


def test_a_gateways_payment_is_not_confirmed_by_hand_but_asked_about(buyer):
    payment, client = buyer.begin(), boss_client()
    buyer.approve(payment)

    refused = client.post(button(payment, "confirm"), {"amount": "13.60"}, follow=True)
    press(client, button(payment, "ask"))

    assert "is not possible" in refused.content.decode()
    assert status_of(payment) == PaymentStatus.SUCCEEDED
    assert Order.objects.get(pk=payment.order_id).status == OrderStatus.CONFIRMED


def test_a_gateway_that_does_not_know_the_payment_is_a_sentence_and_no_crash(buyer):
    payment = buyer.begin()
    Payment.objects.filter(pk=payment.pk).update(provider_reference="pi_unknown")

    answer = press(boss_client(), button(payment, "ask"))

    assert answer.status_code == 200
    assert "stripe: resource_missing" in answer.content.decode()


def test_a_case_is_closed_with_a_note():
    case = Case.objects.create(kind=CaseKind.UNKNOWN_OBJECT, summary="Who is pi_9?")
    client = staff_client("payments.view_case", "payments.change_case")

    press(client, button(case, "resolve"), resolution="")
    assert Case.objects.get().resolved_at is None

    press(client, button(case, "resolve"), resolution="Another shop's")
    case.refresh_from_db()
    assert (case.resolution, case.resolved_by) == ("Another shop's", client.user)
    assert "/do/resolve/" not in client.get(reverse("admin:payments_case_change", args=[case.pk])).content.decode()


@pytest.mark.parametrize("kind", CaseKind)
def test_every_kind_of_case_says_what_to_do_next(kind):
    payment = transfer()
    case = Case.objects.create(kind=kind, payment=payment, summary="Look")

    html = boss_client().get(reverse("admin:payments_case_change", args=[case.pk])).content.decode()

    assert escape(WHAT_NEXT[kind]) in html
    assert payment.reference in html
    assert payment.order.number in html


def test_the_queue_of_cases_begins_with_the_one_that_has_waited_longest():
    first, second = [Case.objects.create(kind=CaseKind.UNKNOWN_OBJECT, summary=text) for text in ("A", "B")]
    Case.objects.filter(pk=first.pk).update(created_at=Now() - timedelta(days=3))
    client, address = boss_client(), reverse("admin:payments_case_changelist")

    queue = client.get(address, {"state": "open"})

    assert list(queue.context["cl"].result_list) == [first, second]
    assert "3\xa0days" in queue.content.decode()
    assert list(client.get(address).context["cl"].result_list) == [second, first]


def test_the_queue_of_disputes_begins_with_the_one_that_is_due_first():
    payment, now = received(), database_now()
    due = [now + timedelta(days=5, hours=1), None, now - timedelta(days=1), now + timedelta(days=2, hours=1)]
    amount = {"amount": Decimal(1), "currency": "USD", "reason": "product_not_received"}
    made = [
        Dispute.objects.create(payment=payment, provider_reference=f"dp_{number}", respond_by=day, **amount)
        for number, day in enumerate(due)
    ]
    Dispute.objects.create(payment=payment, provider_reference="dp_won", status="won", **amount)

    answer = boss_client().get(reverse("admin:payments_dispute_changelist"), {"state": "open"})

    html = answer.content.decode()
    assert list(answer.context["cl"].result_list) == [made[2], made[3], made[0], made[1]]
    assert [text in html for text in ("in 2\xa0days", "in 5\xa0days", ": over", "Product not received")] == [True] * 4


def test_the_queue_holds_transfers_that_are_open():
    waiting, _ = transfer(), received()

    result = boss_client().get(reverse("admin:payments_payment_changelist"), {"queue": "to_verify"})

    assert list(result.context["cl"].result_list) == [waiting]


def an_event(**changes):
    body = b'{"id": "evt_1", "data": {"object": {"receipt_email": "ada@example.test", "client_secret": "s3cret"}}}'
    fields = {"provider": "stripe", "dedupe_key": "evt_1", "event_type": "charge.updated", "raw_body": body}
    return WebhookEvent.objects.create(**fields | changes)


def test_an_event_is_shown_without_what_is_private():
    html = boss_client().get(reverse("admin:payments_webhookevent_change", args=[an_event().pk])).content.decode()

    assert "evt_1" in html
    assert "ada@example.test" not in html
    assert "s3cret" not in html


def test_a_body_that_is_not_json_is_not_shown_at_all():
    assert masked(b"card=4242") == "9 bytes that are not JSON"


def test_private_things_are_starred_at_every_depth():
    body = b'{"amount": 5, "list": [{"phone": "+58", "status": "paid"}], "card": {"last4": "4242"}}'

    assert masked(body).split() == (
        '{ "amount": 5, "list": [ { "phone": "***", "status": "paid" } ], "card": "***" }'.split()
    )


def test_a_waiting_event_is_applied_again_by_its_button(stripe):
    event = an_event(object_id="pi_of_another_shop")

    press(boss_client(), button(event, "apply"))

    event.refresh_from_db()
    assert (event.status, event.verdict) == ("ignored", "not an object of this shop")


def test_chosen_events_are_applied_again_and_the_one_that_cannot_be_is_named(buyer):
    payment = buyer.begin()
    good, lost = an_event(object_id=payment.provider_reference), an_event(dedupe_key="evt_2", object_id="pi_2")
    WebhookEvent.objects.filter(pk=lost.pk).update(reference="ORD-1-unknown")
    buyer.approve(payment)

    chosen = {"action": "apply_selected", "_selected_action": [good.pk, lost.pk]}
    answer = boss_client().post(reverse("admin:payments_webhookevent_changelist"), chosen, follow=True)

    html = answer.content.decode()
    assert "1 events were applied again." in html
    assert "ORD-1-unknown is not known here" in html
    assert status_of(payment) == PaymentStatus.SUCCEEDED


def test_whoever_may_only_look_at_the_inbox_applies_nothing(stripe):
    event, client = an_event(object_id="pi_9"), staff_client("payments.view_webhookevent")

    chosen = {"action": "apply_selected", "_selected_action": [event.pk]}
    client.post(reverse("admin:payments_webhookevent_changelist"), chosen)

    assert client.post(button(event, "apply")).status_code == 403
    event.refresh_from_db()
    assert event.status == "received"


def test_another_version_is_said_in_the_list_and_on_the_page():
    event = an_event(api_version="2027-01-01", expected_api_version="2026-10-28.endive")
    an_event(dedupe_key="evt_2", api_version="2026-10-28.endive", expected_api_version="2026-10-28.endive")
    client = boss_client()

    drifted = client.get(reverse("admin:payments_webhookevent_changelist"), {"version": "other"}).context["cl"]
    page = client.get(reverse("admin:payments_webhookevent_change", args=[event.pk])).content.decode()

    assert list(drifted.result_list) == [event]
    assert "2027-01-01, where ours is 2026-10-28.endive." in page
