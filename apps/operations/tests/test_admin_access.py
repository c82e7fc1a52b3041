import pytest
from django.contrib import admin
from django.test import Client, RequestFactory
from django.urls import reverse

from apps.accounts.models import User
from apps.common.tests.staff import boss_client, staff_client
from apps.inventory.tests.factories import StockItemFactory
from apps.orders.models import OrderStatus
from apps.orders.tests.factories import OrderFactory, OrderLineFactory
from apps.stores.tests.factories import StoreFactory

pytestmark = pytest.mark.django_db

OURS = [model for model in admin.site._registry if model._meta.app_config.name.startswith("apps.")]
MONEY_AND_STOCK = [
    *("inventory.stockitem", "inventory.reservation", "inventory.stockmovement"),
    *("orders.order", "payments.payment", "payments.refund", "payments.webhookevent", "payments.case"),
    *("payments.dispute", "payments.ledgertransaction"),
    *("outbox.outboxmessage", "outbox.delivery", "notifications.message"),
]


def list_of(model):
    return reverse(f"admin:{model._meta.label_lower.replace('.', '_')}_changelist")


@pytest.mark.parametrize("model", OURS, ids=lambda model: model._meta.label_lower)
def test_every_list_opens_for_the_boss_and_sends_a_stranger_to_the_login(model):
    assert boss_client().get(list_of(model)).status_code == 200

    answer = Client().get(list_of(model))
    assert (answer.status_code, answer.url.split("?")[0]) == (302, reverse("admin:login"))


@pytest.mark.parametrize("model", OURS, ids=lambda model: model._meta.label_lower)
def test_no_list_opens_for_staff_without_its_permission(model):
    assert staff_client("stores.view_storemember").get(list_of(model)).status_code == 403


def test_a_customer_does_not_get_in():
    client = Client()
    client.force_login(User.objects.create_user("ada@example.test"))

    assert client.get(reverse("admin:index")).status_code == 302


@pytest.mark.parametrize("label", MONEY_AND_STOCK)
def test_not_even_the_boss_adds_edits_or_deletes_what_services_write(label):
    model_admin = next(one for model, one in admin.site._registry.items() if model._meta.label_lower == label)
    request = RequestFactory().get(reverse("admin:index"))
    request.user = boss_client().user

    assert not model_admin.has_add_permission(request)
    assert not model_admin.has_change_permission(request)
    assert not model_admin.has_delete_permission(request)
    assert model_admin.has_view_permission(request)


def test_the_front_page_counts_what_waits_and_leads_there():
    StoreFactory(name="Kits & More")
    OrderLineFactory(order__status=OrderStatus.CONFIRMED, variant=StockItemFactory(on_hand=1).variant)
    OrderFactory(status=OrderStatus.CREATED)

    answer = boss_client().get(reverse("admin:index"))

    counts = {card["queue"].title: (card["count"], card["link"]) for card in answer.context["cards"]}
    assert counts["Orders to ship"] == (1, "/admin/orders/order/?queue=to_ship")
    assert counts["Orders to confirm"] == (1, "/admin/orders/order/?queue=to_confirm")
    assert counts["Low stock"] == (1, "/admin/inventory/stockitem/?level=low")
    assert counts["Dead letters"] == (0, "/admin/outbox/delivery/?status__exact=dead")
    assert "Kits &amp; More" in answer.content.decode()


def test_the_queues_lead_to_lists_that_open():
    client = boss_client()

    for card in client.get(reverse("admin:index")).context["cards"]:
        assert client.get(card["link"]).status_code == 200, card["link"]


def test_the_front_page_shows_only_what_one_may_see():
    OrderFactory(status=OrderStatus.CONFIRMED)

    answer = staff_client("inventory.view_stockitem").get(reverse("admin:index"))

    assert [card["queue"].title for card in answer.context["cards"]] == ["Low stock"]
    assert "charts" not in answer.context
    titles = [item["title"] for group in answer.context["sidebar_navigation"] for item in group["items"]]
    assert titles == ["Overview", "Low stock", "Stock"]


def test_the_front_page_of_an_empty_shop_says_so():
    page = boss_client().get(reverse("admin:index")).content.decode()

    assert "No orders in the last 14 days." in page


def test_the_front_page_asks_few_questions(django_assert_max_num_queries):
    client = boss_client()
    for status in OrderStatus:
        OrderFactory(status=status)

    with django_assert_max_num_queries(9):
        client.get(reverse("admin:index"))


def test_the_front_page_shows_how_payments_go_to_those_who_may_see_them():
    OrderFactory(status=OrderStatus.CONFIRMED)

    charts = {
        client: [chart["title"] for chart in client.get(reverse("admin:index")).context["charts"]]
        for client in (boss_client(), staff_client("orders.view_order"))
    }

    assert [titles[2:] for titles in charts.values()] == [["Payments that succeeded, %"], []]
