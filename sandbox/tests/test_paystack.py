import json
from html import unescape

import httpx
import pytest

from sandbox.paystack import signature
from sandbox.settings import Settings
from sandbox.testing import SandboxServer, plain_http

KEY = {"Authorization": "Bearer sk_test_x"}
ORDER = {
    "email": "ada@example.test",
    "amount": 136_000,
    "currency": "NGN",
    "reference": "A-7-1",
    "callback_url": "https://shop.test/back?order=7",
    "metadata": {"cancel_action": "https://shop.test/cart"},
}


@pytest.fixture
def api(sandbox):
    with plain_http(f"{sandbox.url}/paystack", headers=KEY) as client:
        yield client


@pytest.fixture
def browser(sandbox):
    with plain_http(sandbox.url) as client:
        yield client


@pytest.fixture
def begin(api):
    return lambda **changes: api.post("/transaction/initialize", json=ORDER | changes).json()


@pytest.fixture
def act(sandbox):
    return lambda what, **wishes: sandbox.control("POST", f"/paystack/{what}", wishes)


@pytest.fixture
def paid(begin, act):
    begin()
    return act("transactions/A-7-1/approve")


def verify(api, reference="A-7-1"):
    return api.get(f"/transaction/verify/{reference}").json()["data"]


def told(sandbox):
    return [json.loads(one.body) for one in sandbox.webhooks]


def test_a_page_is_opened_and_nobody_has_paid_on_it(sandbox, api, begin):
    answer = begin()

    assert (answer["status"], answer["message"]) == (True, "Authorization URL created")
    assert answer["data"]["authorization_url"] == f"{sandbox.url}/paystack/checkout/{answer['data']['access_code']}"
    assert (verify(api)["status"], verify(api)["fees"], verify(api)["paid_at"]) == ("abandoned", None, None)


def test_a_reference_serves_once_and_its_page_is_not_told_again(begin):
    begin()

    again = begin(amount=1)

    assert (again["status"], again["code"]) == (False, "duplicate_reference")
    assert "data" not in again


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"amount": 0}, 400),
        ({"amount": "12.50"}, 400),
        ({"email": ""}, 400),
        ({"reference": "A_7"}, 400),
        ({"currency": "VES"}, 403),
    ],
)
def test_what_paystack_would_refuse_is_refused_and_nothing_is_kept(api, changes, status):
    answer = api.post("/transaction/initialize", json=ORDER | changes)

    assert (answer.status_code, answer.json()["status"]) == (status, False)
    assert api.get("/transaction/verify/A-7-1").status_code == 400


def test_a_currency_that_is_not_said_is_the_accounts_own(api):
    body = {name: value for name, value in ORDER.items() if name != "currency"}
    api.post("/transaction/initialize", json=body)

    assert verify(api)["currency"] == "NGN"


@pytest.mark.parametrize("key", ["", "Bearer pk_test_x", "Basic c2tfdGVzdF94Og=="])
def test_only_a_secret_test_key_opens_the_door(api, key):
    answer = api.get("/refund", headers={"Authorization": key})

    assert (answer.status_code, answer.json()["message"]) == (401, "Invalid key")


@pytest.mark.parametrize("path", ["/nothing", "/transaction/7/x"])
def test_what_is_not_there_is_not_found(api, path):
    assert api.get(path).status_code == 404


def test_paying_takes_the_money_once_and_tells_of_it_once(sandbox, api, paid, act):
    act("transactions/A-7-1/approve")

    (event,) = told(sandbox)
    assert event["event"] == "charge.success"
    assert event["data"] == verify(api)
    assert (event["data"]["status"], event["data"]["amount"], event["data"]["fees"]) == ("success", 136_000, 2040)
    assert api.get(f"/transaction/{paid['id']}").json()["data"] == verify(api)


def test_fees_may_be_put_on_top(sandbox, api, begin, act):
    sandbox.control("PUT", "/paystack/switches", {"fees_to_customer": True})
    begin()

    paid = act("transactions/A-7-1/approve")

    assert (paid["amount"], paid["requested_amount"], paid["fees"]) == (138_040, 136_000, 2040)


def test_a_switch_that_is_not_there_cannot_be_set(sandbox):
    with pytest.raises(ValueError, match="There is no colour"):
        sandbox.control("PUT", "/paystack/switches", {"colour": "red"})


@pytest.mark.parametrize(("what", "status"), [("decline", "failed"), ("abandon", "abandoned")])
def test_of_what_is_not_paid_no_word_is_sent_and_the_page_stays_open(sandbox, api, begin, act, what, status):
    begin()

    act(f"transactions/A-7-1/{what}")

    assert (verify(api)["status"], sandbox.webhooks) == (status, [])
    assert act("transactions/A-7-1/approve")["status"] == "success"


def test_webhooks_are_signed_with_the_secret_key_over_exactly_these_bytes(sandbox, paid):
    (webhook,) = sandbox.webhooks

    assert webhook.headers["x-paystack-signature"] == signature(webhook.body, "sk_test_sandbox")
    assert json.loads(webhook.body).keys() == {"event", "data"}


def test_the_signature_is_that_of_the_published_vector():
    assert signature(b'{"event":"charge.success","data":{"id":1}}', "sk_test_abc") == (
        "c0ba191687e5af78ab6391f813d5c6ce03c3f86384c26db8d03c44f3d3f17aae"
        "816b202fa46a67e59bf9a15d2b0289249f7a73ae53838f29d1afbc2317076a05"
    )


def test_a_shop_that_fails_is_told_again_in_the_same_bytes(sandbox, begin, act, shop):
    sandbox.send_webhooks_to("paystack", shop.url)
    shop.answers = [500, 404]
    begin()
    act("transactions/A-7-1/approve")

    sandbox.wait_until(lambda: len(shop.heard) == 3)

    assert len({body for _, body in shop.heard}) == 1


def test_an_event_of_the_past_can_be_sent_again(sandbox, paid):
    (event,) = sandbox.control("GET", "/paystack/events")

    sandbox.control("POST", f"/paystack/events/{event['id']}/send")

    first, second = sandbox.wait_until(lambda: len(sandbox.webhooks) == 2 and sandbox.webhooks)
    assert first.body == second.body


@pytest.mark.parametrize(
    ("kind", "field", "value"), [("alter_amount", "amount", 1), ("alter_currency", "currency", "X")]
)
def test_an_altered_event_is_signed_well_and_says_something_else(sandbox, api, begin, act, kind, field, value):
    sandbox.next("paystack", kind, value=value)
    begin()
    act("transactions/A-7-1/approve")

    (webhook,) = sandbox.webhooks
    assert json.loads(webhook.body)["data"][field] == value
    assert webhook.headers["x-paystack-signature"] == signature(webhook.body, "sk_test_sandbox")
    assert verify(api)[field] != value


def test_a_refund_takes_its_time_and_is_told_at_every_step(sandbox, api, paid, act):
    refund = api.post("/refund", json={"transaction": "A-7-1", "amount": 36_000, "merchant_note": "because"}).json()
    number = refund["data"]["id"]
    assert (refund["data"]["status"], refund["data"]["transaction"]["reference"]) == ("pending", "A-7-1")

    for status in ("processing", "processed", "failed"):
        act(f"refunds/{number}/settle", status=status)

    assert [(one["event"], one["data"]["amount"]) for one in told(sandbox)[1:]] == [
        ("refund.pending", "36000"),
        ("refund.processing", "36000"),
        ("refund.processed", "36000"),
    ]
    assert "id" not in told(sandbox)[1]["data"]
    (row,) = api.get("/refund").json()["data"]
    assert row == api.get(f"/refund/{number}").json()["data"]
    assert (row["status"], row["merchant_note"], row["transaction"]) == ("processed", "because", paid["id"])
    assert verify(api)["status"] == "success"


def test_a_refund_is_processed_of_itself_after_a_while(sandbox, api, paid):
    sandbox.control("PUT", "/paystack/switches", {"refund_seconds": 0})

    api.post("/refund", json={"transaction": "A-7-1"})

    sandbox.wait_until(lambda: verify(api)["status"] == "reversed")


@pytest.mark.parametrize("wish", [{"amount": 136_001}, {"amount": -1}, {"transaction": "nobody"}])
def test_no_more_goes_back_than_came_and_nothing_is_kept_of_the_wish(api, paid, wish):
    answer = api.post("/refund", json={"transaction": "A-7-1"} | wish)

    assert (answer.status_code, answer.json()["status"]) == (400, False)
    assert api.get("/refund").json()["data"] == []


def test_what_was_not_paid_does_not_go_back(api, begin):
    begin()

    assert api.post("/refund", json={"transaction": "A-7-1"}).json()["code"] == "invalid_transaction_status"


def test_asking_twice_refunds_twice_for_there_is_no_key(api, paid):
    for _ in range(2):
        api.post("/refund", json={"transaction": paid["id"], "amount": 100})

    assert len(api.get("/refund").json()["data"]) == 2


def test_a_list_comes_in_pages_and_from_a_moment_on(api, paid, act):
    for amount in (1, 2, 3):
        act("transactions/A-7-1/refund", amount=amount)

    second = api.get("/refund", params={"perPage": 2, "page": 2, "from": paid["created_at"]}).json()

    assert [one["amount"] for one in second["data"]] == [1]
    assert (second["meta"]["total"], second["meta"]["pageCount"]) == (3, 2)
    assert api.get("/refund", params={"from": "2999-01-01"}).json()["data"] == []


def test_a_dispute_goes_from_complaint_to_resolution(sandbox, api, paid, act):
    number = act("transactions/A-7-1/dispute", category="fraud", amount=500)["id"]
    act(f"disputes/{number}/remind")
    assert [one["id"] for one in api.get("/dispute", params={"transaction": paid["id"]}).json()["data"]] == [number]
    assert api.get("/dispute", params={"transaction": 7}).json()["data"] == []

    act(f"disputes/{number}/resolve", resolution="declined")
    act(f"disputes/{number}/resolve")

    dispute = api.get(f"/dispute/{number}").json()["data"]
    assert (dispute["status"], dispute["resolution"], dispute["refund_amount"]) == ("resolved", "declined", 500)
    assert [one["event"] for one in told(sandbox)[1:]] == [
        "charge.dispute.create",
        "charge.dispute.remind",
        "charge.dispute.resolve",
    ]
    assert api.get("/refund").json()["data"] == []


def test_a_lost_dispute_gives_the_money_back(api, paid, act):
    number = act("transactions/A-7-1/dispute")["id"]

    act(f"disputes/{number}/resolve", resolution="merchant-accepted")

    (refund,) = api.get("/refund").json()["data"]
    assert (refund["dispute"], refund["status"], verify(api)["status"]) == (number, "processed", "reversed")


def test_a_resolution_nobody_knows_is_refused(paid, act):
    number = act("transactions/A-7-1/dispute")["id"]

    with pytest.raises(ValueError, match="resolution is one of"):
        act(f"disputes/{number}/resolve", resolution="perhaps")


def test_approving_on_the_page_leads_back_with_the_reference(api, browser, begin):
    page = begin()["data"]["authorization_url"]
    assert "1,360.00 NGN" in browser.get(page).text

    gone = browser.post(page, data={"answer": "approve"})

    assert gone.status_code == 303
    assert gone.headers["location"] == "https://shop.test/back?order=7&trxref=A-7-1&reference=A-7-1"
    assert verify(api)["status"] == "success"
    assert "Back to the shop" in browser.get(page).text
    assert "Approve" not in browser.get(page).text


def test_declining_stays_on_the_page_and_offers_another_try(api, browser, begin):
    page = begin()["data"]["authorization_url"]

    stays = browser.post(page, data={"answer": "decline"}, follow_redirects=True)

    assert "The card was declined." in stays.text
    assert "Approve" in stays.text
    assert verify(api)["status"] == "failed"


def test_paying_later_leads_to_where_the_shop_wants_those_who_cancel(api, browser, begin):
    page = begin()["data"]["authorization_url"]

    gone = browser.post(page, data={"answer": "later"})

    assert gone.headers["location"] == "https://shop.test/cart"
    assert verify(api)["status"] == "abandoned"


def test_the_way_back_is_a_web_address_or_none(browser, begin):
    answer = begin(callback_url="javascript:alert(1)", metadata={"cancel_action": "javascript:alert(1)"})
    page = answer["data"]["authorization_url"]

    for way in ("later", "approve"):
        assert "javascript" not in browser.post(page, data={"answer": way}).headers["location"]
    assert "javascript" not in browser.get(page).text


def test_the_pages_show_what_happens_and_ask_no_other_host(browser, api, begin, paid):
    begin(reference="A-7-2", email="<b>x</b>@example.test")
    number = api.post("/refund", json={"transaction": "A-7-1"}).json()["data"]["id"]

    for path in ("/", "/paystack/", begin(reference="A-7-3")["data"]["authorization_url"]):
        answer = browser.get(path)
        assert answer.headers["content-security-policy"].startswith("default-src 'none'")
        assert "http" not in unescape(answer.text).replace(str(browser.base_url), "")
        assert "<b>x" not in answer.text
    text = browser.get("/paystack/").text
    assert "A-7-1" in text
    assert "Let time pass" in text

    after = browser.post(f"/paystack/refunds/{number}/settle", follow_redirects=True)

    assert "Let time pass" not in after.text
    assert verify(api)["status"] == "reversed"


@pytest.mark.parametrize("path", ["checkout/nobody", "refunds/7/settle"])
def test_an_unknown_page_says_so(browser, path):
    method = "GET" if path.startswith("checkout") else "POST"

    answer = browser.request(method, f"/paystack/{path}")

    assert answer.status_code == 404
    assert "That cannot be done" in answer.text


@pytest.mark.parametrize(("kind", "status"), [("error_500", 500), ("conflict_409", 409), ("rate_limit_429", 429)])
def test_a_refusal_on_request_leaves_nothing_behind(sandbox, api, begin, kind, status):
    sandbox.next("paystack", kind)

    answer = api.post("/transaction/initialize", json=ORDER)

    assert (answer.status_code, answer.json()["status"]) == (status, False)
    assert begin()["status"] is True


def test_the_state_outlives_a_restart(tmp_path):
    settings = Settings(data=tmp_path)
    with SandboxServer(settings) as first:
        httpx.post(f"{first.url}/paystack/transaction/initialize", json=ORDER, headers=KEY)

    with SandboxServer(settings) as second:
        answer = httpx.get(f"{second.url}/paystack/transaction/verify/A-7-1", headers=KEY)

    assert answer.json()["data"]["amount"] == 136_000
