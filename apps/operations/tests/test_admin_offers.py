from datetime import timedelta
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone

from apps.catalog import selectors, services
from apps.catalog.models import Offer, ProductDocument
from apps.catalog.tests.clock import clock_goes_on
from apps.catalog.tests.factories import ProductVariantFactory
from apps.common.clock import database_now
from apps.common.tests.staff import boss_client, press, staff_client

pytestmark = pytest.mark.django_db

LIST = reverse("admin:catalog_offer_changelist")


def page(row):
    return reverse(f"admin:catalog_{row._meta.model_name}_change", args=[row.pk])


def button(row, name):
    return reverse(f"admin:catalog_{row._meta.model_name}_button", args=[row.pk, name])


def moment(name, at):
    """A moment as the two fields of a form send it, by the shop's clock."""
    local = timezone.localtime(at, timezone.get_fixed_timezone(-240))
    return {f"{name}_0": f"{local:%Y-%m-%d}", f"{name}_1": f"{local:%H:%M:%S}"}


def offer(variant, price="7.00", **minutes):
    now = database_now()
    moments = {name: now + timedelta(minutes=value) for name, value in minutes.items()}
    return services.make_offers(variant_ids=[variant.pk], price_amount=Decimal(price), **moments)[0]


def test_a_product_is_put_on_offer_from_its_page():
    variant, client = ProductVariantFactory(), boss_client()
    starts_at, ends_at = (database_now().replace(microsecond=0) + timedelta(hours=hours) for hours in (1, 2))

    answers = {"variants": [variant.pk], "price_amount": "7.50"}
    press(
        client,
        button(variant.product, "offer"),
        **answers,
        **moment("starts_at", starts_at),
        **moment("ends_at", ends_at),
    )

    made = Offer.objects.get()
    assert (made.variant, made.price_amount, made.starts_at, made.ends_at) == (
        variant,
        Decimal("7.50"),
        starts_at,
        ends_at,
    )
    assert f"{variant.sku} 7.50 USD" in client.get(page(variant.product)).content.decode()


def test_what_is_wrong_with_an_offer_stands_beside_its_field():
    variant = ProductVariantFactory()

    answer = press(boss_client(), button(variant.product, "offer"), variants=[variant.pk], price_amount="10.00")

    assert f"{variant.sku} costs 10.00 USD; an offer must be below that." in answer.content.decode()
    assert not Offer.objects.exists()


def test_the_list_tells_what_runs_what_comes_and_what_is_over():
    first, second, third = ProductVariantFactory.create_batch(3)
    offer(first, ends_at=5)
    clock_goes_on(minutes=10)
    offer(second)
    offer(third, starts_at=30)
    client = boss_client()

    for state, variant in (("over", first), ("running", second), ("coming", third)):
        shown = client.get(LIST, {"state": state})
        assert [one.variant for one in shown.context["cl"].result_list] == [variant]
        assert state.capitalize() in shown.content.decode()


def test_an_offer_is_changed_ended_and_taken_back_by_its_buttons():
    variant, client = ProductVariantFactory(), boss_client()
    running, coming = offer(variant, ends_at=30), offer(variant, "6.00", starts_at=40)

    refused = press(client, button(running, "change"))  # without an end it would run into the coming one
    assert f"Another offer of {variant.sku} runs at that time." in refused.content.decode()
    press(client, button(coming, "change"), price_amount="5.00", **moment("starts_at", coming.starts_at))
    assert Offer.objects.get(pk=coming.pk).price_amount == 5
    press(client, button(coming, "end"))
    press(client, button(running, "change"), price_amount="8.00")
    assert (ProductDocument.objects.get().price_from, Offer.objects.get().ends_at) == (7, None)

    press(client, button(running, "end"))
    assert ProductDocument.objects.get().price_from == 10
    assert "not possible" in press(client, button(running, "end")).content.decode()


def test_when_a_product_is_in_the_shop_is_said_on_its_page():
    product, client = ProductVariantFactory().product, boss_client()
    until = database_now().replace(microsecond=0) + timedelta(hours=1)

    press(client, button(product, "window"), **moment("publish_until", until))
    product.refresh_from_db()
    refused = press(
        client, button(product, "window"), **moment("publish_from", until), **moment("publish_until", until)
    )

    assert product.publish_until == until
    assert "It must end after it begins." in refused.content.decode()


def test_old_addresses_stand_on_the_page_and_are_given_up_by_a_button():
    product, client = ProductVariantFactory(product__slug="zaku").product, boss_client()
    assert "/do/give-up-slug/" not in client.get(page(product)).content.decode()
    services.update_product(product_id=product.pk, slug="zaku-ii")
    assert "/do/give-up-slug/" in client.get(page(product)).content.decode()

    press(client, button(product, "give-up-slug"), slug="zaku")

    assert selectors.moved_to("zaku") is None


def test_the_news_of_a_deleted_product_offers_to_bring_it_back():
    product, client = ProductVariantFactory().product, boss_client()

    answer = press(client, button(product, "delete"))

    link = f'href="{button(product, "restore")}">Restore</a>'
    assert f"{product} is deleted; it can be restored. <a" in answer.content.decode()
    assert link in answer.content.decode()


def test_whoever_may_only_look_changes_no_offer():
    variant = ProductVariantFactory()
    made, client = offer(variant), staff_client("catalog.view_product", "catalog.view_offer")

    assert client.post(button(made, "end")).status_code == 403
    assert client.post(button(variant.product, "offer")).status_code == 403
    assert "/do/" not in client.get(page(made)).content.decode()


def test_many_offers_cost_as_many_queries_as_one(django_assert_max_num_queries):
    for variant in ProductVariantFactory.create_batch(20):
        offer(variant)
    client = boss_client()

    with django_assert_max_num_queries(9):
        assert client.get(LIST).status_code == 200
