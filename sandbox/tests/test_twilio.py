import json
from html import unescape
from urllib.parse import parse_qsl

import httpx
import pytest

from sandbox.testing import plain_http
from sandbox.twilio import signature

SID = "AC" + "1" * 32
ANA, SHOP = "whatsapp:+584121234567", "whatsapp:+14155238886"
PATH = f"/2010-04-01/Accounts/{SID}/Messages"
HOOK = "https://shop.example.com/webhooks/twilio/status"
BODY = "Hola {{1}}, tu pedido {{2}} va en camino."


@pytest.fixture
def api(sandbox):
    sandbox.control("PUT", "/twilio/switches", {"delivery_seconds": None})
    with plain_http(f"{sandbox.url}/twilio", auth=(SID, "token")) as client:
        yield client


@pytest.fixture
def act(sandbox):
    return lambda what, **wishes: sandbox.control("POST", f"/twilio/{what}", wishes)


@pytest.fixture
def template(api):
    """An approved template of two variables."""
    wishes = {"friendly_name": "shipped", "language": "es", "variables": {}, "types": {"twilio/text": {"body": BODY}}}
    sid = api.post("/v1/Content", json=wishes).json()["sid"]
    api.post(f"/v1/Content/{sid}/ApprovalRequests/whatsapp", json={"name": "shipped", "category": "UTILITY"})
    assert api.get(f"/v1/Content/{sid}/ApprovalRequests").json()["whatsapp"]["status"] == "approved"
    return sid


@pytest.fixture
def send(api):
    def send(**changes):
        asked = {"To": ANA, "From": SHOP, "Body": "Hola", "StatusCallback": HOOK} | changes
        return api.post(f"{PATH}.json", data={name: value for name, value in asked.items() if value})

    return send


@pytest.fixture
def write(send, template):
    """Send the template, filled."""
    return lambda **values: send(Body="", ContentSid=template, ContentVariables=json.dumps(values or GOOD))


GOOD = {"1": "Ana", "2": "#1001"}


def told(sandbox):
    return [(dict(parse_qsl(one.body.decode())), one.headers) for one in sandbox.webhooks]


def test_signs_as_twilio_does():
    params = {"MessageSid": "SM1", "MessageStatus": "delivered", "To": "whatsapp:+584121234567"}

    assert signature(HOOK, params, "12345") == "2XcjdkjDbrc9j9+redtRs8U17JQ="


def test_a_message_is_taken_and_its_life_is_told_one_signed_callback_at_a_time(sandbox, write, act):
    answer = write()
    sid = answer.json()["sid"]
    states = [act(f"messages/{sid}/step")["status"] for _ in range(3)]

    assert (answer.status_code, answer.json()["status"]) == (201, "queued")
    assert answer.json()["body"] == "Hola Ana, tu pedido #1001 va en camino."
    assert states == ["sent", "delivered", "read"]
    sandbox.wait_until(lambda: len(sandbox.webhooks) == 3)
    assert [params["MessageStatus"] for params, _ in told(sandbox)] == states
    for params, headers in told(sandbox):
        assert params["MessageSid"] == sid
        assert headers["X-Twilio-Signature"] == signature(HOOK, params, "sandbox")


def test_time_delivers_by_itself(sandbox, api, write):
    sandbox.control("PUT", "/twilio/switches", {"delivery_seconds": 0.01})

    sid = write().json()["sid"]

    sandbox.wait_until(lambda: api.get(f"{PATH}/{sid}.json").json()["status"] == "delivered")


def test_free_words_reach_only_whoever_wrote_within_a_day(api, send, act):
    outside = send().json()["sid"]
    act("phones/+584121234567/says", body="Hola")
    inside = send().json()["sid"]
    act("phones/+584121234567/says", body="Hola", hours_ago=25)
    later = send().json()["sid"]

    ends = [act(f"messages/{sid}/step") for sid in (outside, inside, later)]

    assert [(end["status"], end["error_code"]) for end in ends] == [
        ("failed", 63016),
        ("sent", None),
        ("failed", 63016),
    ]


def test_sms_has_no_window(send, act):
    sid = send(To="+584121234567", From="+14155238886").json()["sid"]

    assert act(f"messages/{sid}/step")["status"] == "sent"


def test_whoever_says_stop_is_left_in_peace(send, write, act):
    act("phones/+584121234567/says", body="stop")
    assert write().json()["code"] == 21610

    act("phones/+584121234567/says", body="START")
    assert write().status_code == 201


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"To": ""}, 21604),
        ({"To": "whatsapp:0412"}, 21211),
        ({"From": ""}, 21603),
        ({"From": "+14155238886"}, 21910),
        ({"Body": ""}, 21602),
        ({"Body": "x" * 1601}, 21617),
        ({"ContentSid": "HX" + "0" * 32}, 21655),
    ],
)
def test_what_cannot_be_sent_is_refused_with_its_code(api, send, changes, code):
    answer = send(**changes)

    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert answer.json()["more_info"] == f"https://www.twilio.com/docs/errors/{code}"
    assert api.get(f"{PATH}.json").json()["messages"] == []


@pytest.mark.parametrize("value", ["", " ", "a\nb", "a\tb", "a     b"])
def test_a_variable_that_no_template_takes_is_refused(write, value):
    assert write(**{"1": "Ana", "2": value}).json()["code"] == 21656


def test_a_template_with_too_few_variables_or_without_approval_fails_later(write, template, act):
    few = write(**{"1": "Ana"}).json()["sid"]
    act(f"contents/{template}/judge", status="rejected", reason="Promotional")
    rejected = write().json()["sid"]

    assert [act(f"messages/{sid}/step")["error_code"] for sid in (few, rejected)] == [63028, 63027]


def test_numbers_can_be_told_to_refuse_and_to_fail(sandbox, write, act):
    sandbox.control("PUT", "/twilio/switches", {"refuse": {"+584121234567": 20429}})
    assert write().status_code == 429
    sandbox.control("PUT", "/twilio/switches", {"refuse": {}, "fail": {"+584121234567": 63024}})
    sid = write().json()["sid"]
    assert act(f"messages/{sid}/step")["error_code"] == 63024

    assert act(f"messages/{sid}/status", status="undelivered", error_code=63049)["error_code"] == 63049
    with pytest.raises(ValueError, match="status is one of"):
        act(f"messages/{sid}/status", status="eaten")


def test_messages_are_listed_newest_first_by_number_and_by_when_they_were_sent(api, write, send, act):
    first, second = write().json()["sid"], write().json()["sid"]
    send(To="+584140000000", From="+14155238886")
    act(f"messages/{first}/step")

    listed = api.get(f"{PATH}.json", params={"To": ANA, "PageSize": 1}).json()
    since = api.get(f"{PATH}.json", params={"To": ANA, "DateSent>": "2020-01-01T00:00:00Z"}).json()

    assert [one["sid"] for one in listed["messages"]] == [second]
    following = api.get(listed["next_page_uri"]).json()
    assert first in [one["sid"] for one in following["messages"]]
    assert [one["sid"] for one in since["messages"]] == [first]


def test_a_stranger_is_sent_away(sandbox, api):
    answer = api.get(f"{PATH}.json", auth=(SID, "wrong"))

    assert (answer.status_code, answer.json()["code"]) == (401, 20003)


def test_a_fault_comes_in_twilios_words_and_a_lost_answer_has_sent_the_message(sandbox, api, write):
    sandbox.next("twilio", "rate_limit_429", method="POST")
    assert write().json()["code"] == 20429

    sandbox.next("twilio", "reset_after_recording", method="POST", path="/2010")
    with pytest.raises(httpx.RemoteProtocolError):
        write()
    assert len(api.get(f"{PATH}.json").json()["messages"]) == 1


def test_a_callback_to_this_machine_is_delivered_signed_for_the_address_that_was_named(sandbox, shop, send, act):
    sid = send(To="+584121234567", From="+14155238886", StatusCallback=shop.url).json()["sid"]
    act(f"messages/{sid}/step")

    sandbox.wait_until(lambda: shop.heard)

    headers, body = shop.heard[0]
    assert headers["x-twilio-signature"] == signature(shop.url, dict(parse_qsl(body.decode())), "sandbox")


def test_the_phone_shows_the_conversation_and_its_words_are_only_words(sandbox, api, send, write):
    act = api.post("/phones/%2B584121234567", data={"say": "<b>Hola</b>"})
    write(**{"1": "<script>alert(1)</script>", "2": "#1"})

    html = api.get("/phones/%2B584121234567").text

    assert act.status_code == 303
    assert "<script>" not in html
    assert "Hola <script>alert(1)</script>, tu pedido #1 va en camino." in unescape(html)
    assert 'href="/twilio/phones/%2B584121234567"' in api.get("/").text
    assert "shipped" in api.get("/").text


def test_what_a_person_answers_reaches_the_shop_signed(sandbox, api, shop, send, act):
    sandbox.send_webhooks_to("twilio", shop.url)
    sid = send(To="+584121234567", From="+14155238886").json()["sid"]
    act(f"messages/{sid}/step")  # told to the address that the message has named, and not to this one

    api.post("/phones/%2B584121234567", data={"say": "STOP"})
    sandbox.wait_until(lambda: shop.heard)

    [(headers, body)] = shop.heard
    words = dict(parse_qsl(body.decode()))
    assert headers["x-twilio-signature"] == signature(shop.url, words, "sandbox")
    assert (words["From"], words["To"], words["Body"], words["NumMedia"]) == (ANA, SHOP, "STOP", "0")
    assert 'name="say" maxlength' in api.get("/phones/%2B584121234567").text


def test_a_button_takes_the_next_step(api, write):
    sid = write().json()["sid"]

    api.post("/phones/%2B584121234567", data={"step": sid})

    assert api.get(f"{PATH}/{sid}.json").json()["status"] == "sent"
