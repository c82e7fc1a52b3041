import re
from decimal import Decimal

import pytest
from django.urls import reverse

from apps.accounts.models import User
from apps.accounts.tests import second_factors
from apps.common.tests.staff import press, staff_client
from apps.inventory.models import StockItem
from apps.inventory.tests.factories import StockItemFactory
from apps.orders import services as order_services
from apps.orders.tests.placing import place
from apps.payments import services
from apps.payments.models import OrderRefund

pytestmark = pytest.mark.django_db

MAY_REFUND = ["orders.view_order", "payments.view_payment", "payments.change_payment"]


@pytest.fixture
def order():
    """Three units for 36.80 USD, paid by transfer."""
    order = place(StockItemFactory(on_hand=3), quantity=3)
    payment = services.open_payment(order=order, provider="bank_transfer")
    boss = User.objects.create_superuser("boss@example.test", "a-long-password")
    services.confirm_manual_payment(payment_id=payment.pk, staff_user=boss, amount=payment.money)
    order.refresh_from_db()
    return order


def button(order):
    return reverse("admin:orders_order_button", args=[order.pk, "refund"])


def page(order):
    return reverse("admin:orders_order_change", args=[order.pk])


def units_of(order):
    return f"unsent_{order.lines.get().pk}"


def test_units_are_given_back_by_a_button(order):
    client = staff_client(*MAY_REFUND)

    answer = press(client, button(order), **{units_of(order): "2", "reason": "broken"})

    decision = OrderRefund.objects.get()
    assert "23.20 USD is on its way back" in answer.content.decode()
    assert (decision.amount, decision.lines.get().quantity) == (Decimal("23.20"), 2)
    assert decision.actor == f"staff:{client.user.pk}"


def test_units_that_were_sent_and_units_that_were_not_are_asked_for_apart(order):
    line, client = order.lines.get(), staff_client(*MAY_REFUND)
    order_services.ship_order(order_id=order.pk, actor="shop", lines={line.public_id: 2})

    press(client, button(order), **{units_of(order): "1", f"units_{line.pk}": "1", "restock": "on", "reason": "late"})

    given_back = OrderRefund.objects.get().lines.get()
    assert (given_back.quantity, given_back.given_up_quantity, given_back.sent_quantity) == (2, 1, 1)
    item = StockItem.objects.get()
    assert (item.on_hand, item.committed) == (2, 0)
    cells = re.findall(r"<td[^>]*>\s*([^<\s][^<]*?)\s*</td>", client.get(page(order)).content.decode())
    assert cells[cells.index(line.sku) + 1 :][:4] == ["3", "2", "2", "—"]


def test_an_amount_is_given_back_by_the_same_button(order):
    press(staff_client(*MAY_REFUND), button(order), amount="5.00", reason="late")

    assert OrderRefund.objects.get().amount == Decimal("5.00")


def test_the_form_says_what_is_left(order):
    client = staff_client(*MAY_REFUND)
    press(client, button(order), **{units_of(order): "1", "reason": "broken"})

    html = client.get(button(order)).content.decode()

    assert "Not sent, and will not be: up to 2, which bring back 23.20 USD." in html
    assert "all that is left goes back: 25.20 USD" in html


@pytest.mark.parametrize("answers", [{"units": "4"}, {"units": "1", "amount": "1.00"}, {"amount": "36.81"}])
def test_too_much_is_asked_again(order, answers):
    answers = {units_of(order) if name == "units" else name: value for name, value in answers.items()}

    answer = press(staff_client(*MAY_REFUND), button(order), reason="broken", **answers)

    assert "errornote" in answer.content.decode() or "error" in answer.content.decode()
    assert not OrderRefund.objects.exists()


def test_units_that_were_never_sent_do_not_come_back_to_the_shelf(order):
    answer = press(
        staff_client(*MAY_REFUND), button(order), **{units_of(order): "1", "restock": "on", "reason": "broken"}
    )

    assert "Only units that were sent" in answer.content.decode()
    assert not OrderRefund.objects.exists()


def test_whoever_may_not_refund_is_refused(order):
    assert staff_client("orders.view_order").post(button(order), {"reason": "x"}).status_code == 403


@pytest.mark.parametrize(
    ("limit", "answers", "asks"),
    [("30", {"amount": "30.01"}, True), ("30", {"amount": "30"}, False), ("36", {}, True), ("", {}, False)],
    ids=["above", "not above", "all of it", "no limit"],
)
def test_a_large_refund_wants_a_fresh_second_factor_of_who_has_one(order, settings, limit, answers, asks):
    settings.SECOND_FACTOR_REFUND_ABOVE = limit
    client = staff_client(*MAY_REFUND)
    key, _ = second_factors.set_up(client.user)
    client.force_login(User.objects.get(pk=client.user.pk))
    question = reverse("second-factor")
    client.post(question, {"otp": second_factors.shown_by(key)})
    session = client.session
    session["second_factor"] = [session["second_factor"][0], session["second_factor"][1] - 660]
    session.save()

    sent = press(client, button(order), reason="late", **answers)

    assert (sent.request["PATH_INFO"] == question, OrderRefund.objects.exists()) == (asks, not asks)
    if asks:
        second_factors.time_passes()
        client.post(question, {"otp": second_factors.shown_by(key)})
        press(client, button(order), reason="late", **answers)
        assert OrderRefund.objects.exists()


def test_staff_without_a_second_factor_refund_what_they_may(order, settings):
    settings.SECOND_FACTOR_REFUND_ABOVE = "1"

    press(staff_client(*MAY_REFUND), button(order), reason="late")

    assert OrderRefund.objects.exists()
