"""PayPal's API without any adapter: what it takes, what it refuses, what it remembers."""

import pytest

from sandbox.settings import Settings
from sandbox.testing import SandboxServer, plain_http

ORDERS = "/v2/checkout/orders"
BODY = {
    "intent": "CAPTURE",
    "purchase_units": [{"amount": {"currency_code": "USD", "value": "20.00"}, "custom_id": "A-7", "invoice_id": "A-7"}],
    "payment_source": {
        "paypal": {
            "experience_context": {
                "return_url": "http://shop.example/back?a=1",
                "cancel_url": "http://shop.example/away",
            }
        }
    },
}


class Api:
    """Calls with a token, as PayPal wants them."""

    def __init__(self, server: SandboxServer) -> None:
        self.http = plain_http(server.paypal_base)
        grant = {"grant_type": "client_credentials"}
        token = self.http.post("/v1/oauth2/token", data=grant, auth=("id", "secret")).json()["access_token"]
        self.http.headers.update({"Authorization": f"Bearer {token}", "Prefer": "return=representation"})

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.http.close()

    def post(self, path, body=None, key="", **headers):
        if key:
            headers["PayPal-Request-Id"] = key
        return self.http.post(path, json=body or {}, headers=headers)

    def order(self, key="order-1", **changes):
        return self.post(ORDERS, BODY | changes, key)

    def issue(self, answer):
        return answer.status_code, answer.json()["details"][0]["issue"]


@pytest.fixture
def api(sandbox):
    with Api(sandbox) as api:
        yield api


@pytest.fixture
def captured(sandbox, api):
    """A capture of 20 dollars."""
    order_id = api.order().json()["id"]
    sandbox.approve(order_id, "paypal")
    (unit,) = api.post(f"{ORDERS}/{order_id}/capture", key="c-1").json()["purchase_units"]
    (capture,) = unit["payments"]["captures"]
    return capture


@pytest.fixture
def browser(sandbox):
    with plain_http(sandbox.paypal_base) as browser:
        yield browser


def test_without_a_token_nothing_is_told(api):
    answer = api.http.get(f"{ORDERS}/X", headers={"Authorization": "Bearer of-nothing"})

    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_token")


def test_a_token_is_for_those_who_know_the_secret(api):
    grant = {"grant_type": "client_credentials"}
    refusals = [
        api.http.post("/v1/oauth2/token", data=grant, auth=("id", "wrong")),
        api.http.post("/v1/oauth2/token", data=grant, headers={"Authorization": "Basic !"}),
        api.http.post("/v1/oauth2/token", data={"grant_type": "password"}, auth=("id", "secret")),
    ]

    assert [(one.status_code, one.json()["error"]) for one in refusals] == [
        (401, "invalid_client"),
        (401, "invalid_client"),
        (400, "unsupported_grant_type"),
    ]


def test_a_repeat_under_the_same_request_id_finds_the_order_as_it_is_now(sandbox, api):
    first = api.order()
    sandbox.approve(first.json()["id"], "paypal")
    second = api.order()

    assert (first.status_code, second.status_code) == (201, 200)
    assert (second.json()["id"], second.json()["status"]) == (first.json()["id"], "APPROVED")


def test_another_request_id_makes_another_order(api):
    assert api.order("order-1").json()["id"] != api.order("order-2").json()["id"]


def test_who_does_not_ask_for_the_whole_gets_the_least(api):
    answer = api.post(ORDERS, BODY, "order-1", Prefer="return=minimal").json()

    assert answer.keys() == {"id", "status", "links"}
    assert {link["rel"] for link in answer["links"]} == {"self", "payer-action"}


@pytest.mark.parametrize(
    ("amount", "issue"),
    [
        ({"currency_code": "VES", "value": "1.00"}, "CURRENCY_NOT_SUPPORTED"),
        ({"currency_code": "JPY", "value": "1.50"}, "DECIMALS_NOT_SUPPORTED"),
        ({"currency_code": "USD", "value": "1.505"}, "DECIMAL_PRECISION"),
        ({"currency_code": "USD", "value": "0"}, "CANNOT_BE_ZERO_OR_NEGATIVE"),
        ({"currency_code": "USD", "value": "much"}, "INVALID_PARAMETER_VALUE"),
        ({"currency_code": "USD", "value": 20}, "INVALID_PARAMETER_VALUE"),
        ({"currency_code": "USD"}, "MISSING_REQUIRED_PARAMETER"),
    ],
)
def test_an_amount_that_paypal_would_not_take_is_refused(api, amount, issue):
    assert api.issue(api.order(purchase_units=[{"amount": amount}]))[1] == issue


def test_an_order_without_a_way_back_is_refused(api):
    source = {"paypal": {"experience_context": {"return_url": "", "cancel_url": ""}}}

    assert api.issue(api.order(payment_source=source)) == (400, "INVALID_PARAMETER_SYNTAX")


def test_what_is_no_json_is_refused(api):
    answer = api.http.post(ORDERS, content=b"{", headers={"PayPal-Request-Id": "x"})

    assert api.issue(answer) == (400, "MALFORMED_REQUEST_JSON")


def test_only_an_approved_order_is_captured_and_only_once(sandbox, api):
    order_id = api.order().json()["id"]
    path = f"{ORDERS}/{order_id}/capture"
    assert api.issue(api.post(path, key="c-1")) == (422, "ORDER_NOT_APPROVED")

    sandbox.approve(order_id, "paypal")
    answers = [api.post(path, key=key) for key in ("c-1", "c-1", "c-2")]

    assert [one.status_code for one in answers] == [201, 200, 422]
    assert api.issue(answers[2]) == (422, "ORDER_ALREADY_CAPTURED")


def test_an_invoice_is_paid_once(sandbox, api, captured):
    again = api.order("order-2").json()["id"]
    sandbox.approve(again, "paypal")

    assert api.issue(api.post(f"{ORDERS}/{again}/capture", key="c-2")) == (422, "DUPLICATE_INVOICE_ID")


def test_refunds_stop_where_the_capture_ends(api, captured):
    path = f"/v2/payments/captures/{captured['id']}/refund"

    def refund(value, key, currency="USD"):
        return api.post(path, {"amount": {"currency_code": currency, "value": value}}, key)

    assert api.issue(refund("20.01", "r-0")) == (422, "REFUND_AMOUNT_EXCEEDED")
    assert api.issue(refund("5.00", "r-0", "EUR")) == (422, "REFUND_CAPTURE_CURRENCY_MISMATCH")
    assert [refund("5.00", "r-1").status_code for _ in range(2)] == [201, 200]
    assert api.http.get(f"/v2/payments/captures/{captured['id']}").json()["status"] == "PARTIALLY_REFUNDED"
    assert api.post(path, key="r-2").json()["amount"]["value"] == "15.00"
    assert api.http.get(f"/v2/payments/captures/{captured['id']}").json()["status"] == "REFUNDED"
    assert api.issue(api.post(path, key="r-3")) == (422, "CAPTURE_FULLY_REFUNDED")


def test_while_a_case_is_open_only_the_whole_is_given_back(sandbox, api, captured):
    path = f"/v2/payments/captures/{captured['id']}/refund"
    sandbox.control("POST", f"/paypal/captures/{captured['id']}/dispute")

    part = api.post(path, {"amount": {"currency_code": "USD", "value": "5.00"}}, "r-1")

    assert api.issue(part) == (422, "TRANSACTION_DISPUTED")
    assert api.post(path, key="r-2").status_code == 201


def test_a_pending_capture_is_not_given_back(sandbox, api):
    sandbox.control("PUT", "/paypal/manner", {"capture_pending": "ECHECK"})
    order_id = api.order().json()["id"]
    sandbox.approve(order_id, "paypal")
    (unit,) = api.post(f"{ORDERS}/{order_id}/capture", key="c-1").json()["purchase_units"]
    (capture,) = unit["payments"]["captures"]

    assert (capture["status"], capture["status_details"]) == ("PENDING", {"reason": "ECHECK"})
    assert api.issue(api.post(f"/v2/payments/captures/{capture['id']}/refund", key="r-1")) == (422, "PENDING_CAPTURE")


def test_the_page_shows_the_amount_and_what_the_shop_says_safely(browser, api):
    unit = BODY["purchase_units"][0] | {"description": "<script>alert(1)</script>"}
    order_id = api.order(purchase_units=[unit]).json()["id"]

    answer = browser.get("/checkoutnow", params={"token": order_id})

    assert "20.00 USD" in answer.text
    assert "<script>" not in answer.text
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    assert order_id in browser.get("/").text


def test_approving_leads_back_to_the_shop_with_paypals_names(browser, api):
    order_id = api.order().json()["id"]

    answer = browser.post("/checkoutnow", params={"token": order_id}, data={"answer": "approve"})

    assert answer.status_code == 303
    assert answer.headers["location"] == f"http://shop.example/back?a=1&token={order_id}&PayerID=QYR5Z8XDVJNXQ"
    assert api.http.get(f"{ORDERS}/{order_id}").json()["status"] == "APPROVED"
    assert "Approve" not in browser.get("/checkoutnow", params={"token": order_id}).text


def test_declining_leads_away_and_changes_nothing(browser, api):
    order_id = api.order().json()["id"]

    answer = browser.post("/checkoutnow", params={"token": order_id}, data={"answer": "cancel"})

    assert answer.headers["location"] == f"http://shop.example/away?token={order_id}"
    assert api.http.get(f"{ORDERS}/{order_id}").json()["status"] == "PAYER_ACTION_REQUIRED"


def test_a_card_that_will_be_declined_can_be_chosen_on_the_page(browser, api):
    order_id = api.order().json()["id"]
    browser.post("/checkoutnow", params={"token": order_id}, data={"answer": "instrument_declined"})

    assert api.issue(api.post(f"{ORDERS}/{order_id}/capture", key="c-1")) == (422, "INSTRUMENT_DECLINED")
    assert api.http.get(f"{ORDERS}/{order_id}").json()["status"] == "PAYER_ACTION_REQUIRED"


def test_an_order_that_cannot_be_approved_says_so_to_people(browser, sandbox, api):
    order_id = api.order().json()["id"]
    sandbox.control("POST", f"/paypal/orders/{order_id}/expire")

    assert browser.post("/checkoutnow", params={"token": order_id}, data={"answer": "approve"}).status_code == 422
    assert browser.get("/checkoutnow", params={"token": "NOWHERE"}).status_code == 404


def test_a_shop_that_fails_hears_the_event_again_signed_anew(sandbox, api, shop):
    shop.answers = [500, 404]
    sandbox.send_webhooks_to("paypal", shop.url)
    sandbox.approve(api.order().json()["id"], "paypal")

    sandbox.wait_until(lambda: len(shop.heard) == 3)

    assert len({body for _, body in shop.heard}) == 1
    assert len({headers["paypal-transmission-id"] for headers, _ in shop.heard}) == 3


def test_a_restart_remembers_orders_and_who_vouches_for_the_certificate(tmp_path):
    settings = Settings(data=tmp_path)
    with SandboxServer(settings) as server, Api(server) as api:
        made = api.order().json()["id"]
        server.approve(made, "paypal")
        authority = server.paypal_authority

    assert (tmp_path / "paypal-ca.pem").read_bytes() == authority
    with SandboxServer(settings) as server, Api(server) as api:
        assert server.paypal_authority == authority
        assert api.order().json()["id"] == made
