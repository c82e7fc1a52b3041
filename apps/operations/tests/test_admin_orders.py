import pytest
from django.urls import reverse

from apps.accounts.models import User
from apps.common.tests.staff import boss_client, press, staff_client
from apps.inventory.models import StockItem
from apps.inventory.tests.factories import StockItemFactory
from apps.notifications.models import Message
from apps.orders import services
from apps.orders.models import Order, OrderStatus, PaymentStatus
from apps.orders.tests.factories import ADDRESS, OrderFactory, OrderLineFactory
from apps.orders.tests.placing import pay_in_full, place
from apps.payments.models import Payment

pytestmark = pytest.mark.django_db

LIST = reverse("admin:orders_order_changelist")
MAY_CHANGE = ["orders.view_order", "orders.change_order"]
EVIL = "<script>alert(1)</script>"


def page(order):
    return reverse("admin:orders_order_change", args=[order.pk])


def button(order, name):
    return reverse("admin:orders_order_button", args=[order.pk, name])


def paid(*items, **options):
    order = place(*(items or [StockItemFactory()]), **options)
    return pay_in_full(order_id=order.pk)


def test_an_order_is_packed_shipped_and_completed_by_its_buttons():
    item, client = StockItemFactory(on_hand=5), staff_client(*MAY_CHANGE)
    order = paid(item, quantity=2)

    press(client, button(order, "process"))
    line = f"units_{order.lines.get().pk}"
    assert "Say what is in the parcel." in press(client, button(order, "ship"), **{line: "0"}).content.decode()
    press(client, button(order, "ship"), **{line: "1"})
    press(client, button(order, "ship"), **{line: "1"}, carrier="MRW", tracking_number="M-1")
    press(client, button(order, "complete"))

    order.refresh_from_db()
    parcel = order.fulfilments.latest("pk")
    assert order.status == OrderStatus.COMPLETED
    assert (parcel.carrier, parcel.tracking_number, parcel.actor) == ("MRW", "M-1", f"staff:{client.user.pk}")
    assert StockItem.objects.get(pk=item.pk).on_hand == 3
    assert item.movements.latest("pk").actor == client.user
    assert [change.actor for change in order.history.order_by("pk")][-3:] == [f"staff:{client.user.pk}"] * 3


def test_an_order_is_cancelled_with_a_reason():
    item = StockItemFactory()
    order = paid(item)

    press(staff_client(*MAY_CHANGE), button(order, "cancel"), reason="Damaged in the warehouse")

    assert order.history.latest("pk").reason == "Damaged in the warehouse"
    assert Order.objects.get(pk=order.pk).status == OrderStatus.CANCELLED
    assert StockItem.objects.get(pk=item.pk).committed == 0


def test_a_cancellation_without_a_reason_is_asked_again():
    order = paid()

    answer = press(staff_client(*MAY_CHANGE), button(order, "cancel"), reason="")

    assert "This field is required." in answer.content.decode()
    assert Order.objects.get(pk=order.pk).status == OrderStatus.CONFIRMED


@pytest.mark.parametrize(
    ("status", "offered"),
    [
        (OrderStatus.CREATED, {"cancel"}),
        (OrderStatus.CONFIRMED, {"process", "ship", "cancel"}),
        (OrderStatus.PROCESSING, {"ship", "cancel"}),
        (OrderStatus.SHIPPED, {"complete"}),
        (OrderStatus.COMPLETED, set()),
        (OrderStatus.REFUNDED, set()),
    ],
)
def test_only_what_the_state_allows_is_offered(status, offered):
    order = OrderLineFactory(order__status=status).order

    html = boss_client().get(page(order)).content.decode()

    names = {"process", "ship", "complete", "cancel"}
    assert {name for name in names if button(order, name) in html} == offered


def test_a_button_that_came_too_late_says_so_and_changes_nothing():
    order = OrderFactory(status=OrderStatus.SHIPPED)

    answer = boss_client().post(button(order, "cancel"), {"reason": "too late"}, follow=True)

    assert "“Cancel order” is not possible" in answer.content.decode()
    assert Order.objects.get(pk=order.pk).status == OrderStatus.SHIPPED


@pytest.mark.parametrize("name", ["process", "ship", "cancel"])
def test_opening_a_button_changes_nothing(name):
    order = paid()

    answer = boss_client().get(button(order, name), {"reason": "by accident", "carrier": "MRW"})

    assert answer.status_code == 200
    assert Order.objects.get(pk=order.pk).status == OrderStatus.CONFIRMED


@pytest.mark.parametrize("name", ["process", "ship", "cancel"])
def test_whoever_may_only_look_sees_no_button_and_is_refused(name):
    order, client = paid(), staff_client("orders.view_order")

    html = client.get(page(order)).content.decode()
    answer = client.post(button(order, name), {"reason": "because"})

    assert f"/do/{name}/" not in html
    assert answer.status_code == 403
    assert Order.objects.get(pk=order.pk).status == OrderStatus.CONFIRMED


def test_the_page_itself_takes_no_post():
    order = OrderFactory()

    assert boss_client().post(page(order), {"total_amount": "0"}).status_code == 405


def test_a_page_that_is_not_there_sends_back_to_the_front():
    assert boss_client().get(reverse("admin:orders_order_change", args=[0])).status_code == 302


def transfer(order):
    asked = {"amount": order.total_amount, "currency": "USD", "order_amount": order.total_amount}
    Payment.objects.create(order=order, provider="bank_transfer", reference="REF-1", order_currency="USD", **asked)


def test_the_page_shows_everything_about_the_order():
    customer = User.objects.create_user("ana@example.test", first_name="Ana", last_name="Rojas")
    order = paid(StockItemFactory(variant__sku="RX-78"), customer_id=customer.pk, note="Ring twice")
    transfer(order)
    message = {"recipient": "ada@example.test", "template": "order_confirmed", "language": "en"}
    Message.objects.create(**message, dedupe_key="1", order_number=order.number, subject="Your order is confirmed")
    services.ship_order(order_id=order.pk, actor="shop", carrier="Zoom", tracking_number="Z-1")

    html = boss_client().get(page(order)).content.decode()

    shown = [
        "RX-78",
        "13.60 USD",
        "Ana Rojas",
        "Ring twice",
        "REF-1",
        "Z-1",
        "Av. Bolívar 1",
        "Your order is confirmed",
    ]
    assert [text for text in shown if text not in html] == []


def test_payments_and_messages_are_shown_only_to_those_who_may_see_them():
    order = paid()
    transfer(order)

    html = staff_client("orders.view_order").get(page(order)).content.decode()

    assert "REF-1" not in html
    assert "Messages" not in html


def test_what_customers_write_is_never_markup():
    item = StockItemFactory(variant__product__name=EVIL, variant__sku=EVIL)
    address = {**ADDRESS, "first_name": EVIL, "city": EVIL}
    order = paid(item, note=EVIL, shipping_address=address, billing_address=ADDRESS)
    services.cancel_order(order_id=order.pk, actor="customer", reason=EVIL)
    client = boss_client()

    for address in [page(order), LIST]:
        html = client.get(address).content.decode()
        assert EVIL not in html
        assert "&lt;script&gt;alert(1)" in html


def test_the_queues_hold_what_waits():
    orders = {status: OrderLineFactory(order__status=status).order for status in OrderStatus}
    nothing_left = OrderLineFactory(order__status=OrderStatus.CONFIRMED, given_up_quantity=1).order
    client = boss_client()

    def numbers(queue):
        return {order.status for order in client.get(LIST, {"queue": queue}).context["cl"].result_list}

    assert numbers("to_confirm") == {"created", "pending"}
    assert numbers("to_ship") == {"confirmed", "processing"}
    assert numbers("on_their_way") == {"shipped"}
    assert list(client.get(LIST, {"queue": "nothing_to_send"}).context["cl"].result_list) == [nothing_left]
    assert len(orders) + 1 == client.get(LIST).context["cl"].result_count


@pytest.mark.parametrize("term", ["ORD-", "ada@example", "RX-78"])
def test_an_order_is_found_by_number_address_and_sku(term):
    order = place(StockItemFactory(variant__sku="RX-78"))

    assert list(boss_client().get(LIST, {"q": term}).context["cl"].result_list) == [order]


def test_many_are_packed_at_once_and_the_one_that_cannot_is_named():
    ready, over, client = paid(), OrderFactory(status=OrderStatus.SHIPPED), staff_client(*MAY_CHANGE)

    chosen = {"action": "start_processing", "_selected_action": [ready.pk, over.pk]}
    answer = client.post(LIST, chosen, follow=True)

    assert Order.objects.get(pk=ready.pk).status == OrderStatus.PROCESSING
    assert Order.objects.get(pk=over.pk).status == OrderStatus.SHIPPED
    assert f"Order {over.number} is shipped and cannot become processing." in answer.content.decode()


def test_an_action_on_many_needs_the_permission_too():
    order, client = paid(), staff_client("orders.view_order")

    client.post(LIST, {"action": "start_processing", "_selected_action": [order.pk]})

    assert Order.objects.get(pk=order.pk).status == OrderStatus.CONFIRMED


def test_a_hundred_orders_cost_as_many_queries_as_one(django_assert_max_num_queries):
    client = boss_client()
    for _ in range(100):
        OrderFactory()

    with django_assert_max_num_queries(7):
        assert client.get(LIST).status_code == 200


def test_the_page_of_a_long_order_asks_few_questions(django_assert_max_num_queries):
    order = paid(*StockItemFactory.create_batch(8))
    client = boss_client()

    with django_assert_max_num_queries(15):
        assert client.get(page(order)).status_code == 200


@pytest.mark.parametrize("status", PaymentStatus)
def test_the_page_and_the_list_open_whatever_was_paid(status):
    order = OrderFactory()
    paid = order.total_amount if status not in {"unpaid", "partially_paid"} else 0
    Order.objects.filter(pk=order.pk).update(payment_status=status, paid_amount=paid)
    client = boss_client()

    assert [client.get(address).status_code for address in (page(order), LIST)] == [200, 200]
