from apps.inventory.models import Reservation
from apps.shipping.tests.factories import ShippingMethodFactory


def money(amount):
    return {"amount": amount, "currency": "USD"}


def test_prices_the_cart_without_shipping_until_a_method_is_chosen(shop):
    shopper = shop.shopper()
    shopper.add(shop.item, 2)

    body = shopper.preview().json()

    assert (body["subtotal"], body["shipping"], body["tax"], body["total"]) == (
        money("20.00"),
        money("0.00"),
        money("3.20"),
        money("23.20"),
    )
    assert [(m["code"], m["price"]) for m in body["shipping_methods"]] == [("courier", money("6.00"))]


def test_adds_the_chosen_method_and_holds_nothing(shop):
    shopper = shop.shopper()
    shopper.add(shop.item, 2)

    body = shopper.preview(shipping_method="courier").json()

    assert body["total"] == money("29.20")
    assert not Reservation.objects.exists()


def test_shows_a_method_free_once_the_goods_are_worth_it(shop):
    ShippingMethodFactory(code="big-parcel", free_over_amount=20)
    shopper = shop.shopper()
    shopper.add(shop.item, 2)

    prices = {method["code"]: method["price"] for method in shopper.preview().json()["shipping_methods"]}

    assert prices == {"courier": money("6.00"), "big-parcel": money("0.00")}


def test_names_what_is_offered_when_a_method_does_not_go_there(shop):
    shopper = shop.shopper()
    shopper.add(shop.item)

    response = shopper.preview(country="NG", shipping_method="courier")

    assert (response.status_code, response.json()["code"]) == (422, "shipping-method-not-offered")


def test_an_empty_cart_has_no_price(shop):
    response = shop.shopper().preview()

    assert (response.status_code, response.json()["code"]) == (422, "cart-is-empty")


def test_an_unclear_country_is_a_field_error(shop):
    response = shop.shopper().preview(country="Venezuela")

    assert response.status_code == 400
    assert response.json()["errors"] == {"country": ["Use the two capital letters of ISO 3166, like VE."]}
