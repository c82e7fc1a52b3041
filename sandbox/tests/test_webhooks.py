import json

import httpx
import pytest
import stripe

from sandbox.stripe import signature

SECRET = "whsec_sandbox"


def types(webhooks) -> list[str]:
    return [one.type for one in webhooks]


def read(headers: dict, body: bytes) -> stripe.Event:
    return stripe.Webhook.construct_event(body, headers["stripe-signature"], SECRET)


@pytest.fixture
def listening(sandbox, shop):
    """A shop that hears every webhook."""
    sandbox.send_webhooks_to("stripe", shop.url)
    return shop


def hears(sandbox, shop, count: int) -> list[stripe.Event]:
    sandbox.wait_until(lambda: len(shop.heard) >= count)
    return [read(headers, body) for headers, body in shop.heard]


def test_the_signature_is_that_of_the_published_vector():
    signed = signature(b'{"id":"evt_1","object":"event"}', "whsec_test_secret", 1700000000)

    assert signed == "0c8670ed117751cc551a20e35839447075c42800ea3cf3e8a2fbda99cd1e6edd"


def test_a_payment_is_announced_with_the_object_as_it_was_then(sandbox, v1, create):
    intent = create()
    v1.payment_intents.confirm(
        intent.id, params={"payment_method": "pm_card_visa"}, options={"idempotency_key": "confirm-1"}
    )

    assert types(sandbox.webhooks) == [
        "payment_intent.created",
        "charge.succeeded",
        "payment_intent.succeeded",
        "charge.updated",
    ]
    created, _, succeeded, _ = [
        stripe.Webhook.construct_event(one.body, one.headers["Stripe-Signature"], SECRET) for one in sandbox.webhooks
    ]
    assert (created.data.object.status, succeeded.data.object.status) == ("requires_payment_method", "succeeded")
    assert (succeeded.api_version, succeeded.livemode) == ("2026-10-28.endive", False)
    assert succeeded.request.idempotency_key == "confirm-1"
    assert isinstance(succeeded.data.object.latest_charge, str)


def test_a_declined_payment_is_announced_as_failed(sandbox, create, v1):
    sandbox.decline(create().id)

    assert types(sandbox.webhooks)[1:] == ["charge.failed", "payment_intent.payment_failed"]


def test_an_event_is_delivered_signed_and_then_counts_as_delivered(sandbox, v1, create, listening):
    intent = create()

    (event,) = hears(sandbox, listening, 1)
    assert (event.type, event.data.object.id) == ("payment_intent.created", intent.id)
    sandbox.wait_until(lambda: v1.events.retrieve(event.id).pending_webhooks == 0)


def test_a_shop_that_fails_is_tried_again_with_a_new_signature(sandbox, v1, create, listening):
    listening.answers = [500, 302]

    create()

    first, second, third = hears(sandbox, listening, 3)
    assert first.id == second.id == third.id
    outcomes = sandbox.wait_until(lambda: len(sandbox.deliveries("stripe")) == 3 and sandbox.deliveries("stripe"))
    assert [(one["attempt"], one["outcome"]) for one in outcomes] == [(1, "500"), (2, "302"), (3, "200")]


def test_an_event_nobody_took_can_be_found_and_sent_again(sandbox, v1, create, listening):
    listening.answers = [500] * 4
    create()
    hears(sandbox, listening, 4)

    (missed,) = v1.events.list(params={"delivery_success": False, "types": ["payment_intent.created"]}).data
    assert missed.pending_webhooks == 1

    sandbox.control("POST", f"/stripe/events/{missed.id}/send")
    hears(sandbox, listening, 5)
    sandbox.wait_until(lambda: v1.events.list(params={"delivery_success": False}).data == [])


def test_a_shop_that_is_down_does_not_hold_up_the_answer(sandbox, create):
    sandbox.send_webhooks_to("stripe", "http://127.0.0.1:9/hook")

    assert create().status == "requires_payment_method"

    outcome = sandbox.wait_until(lambda: sandbox.deliveries("stripe"))[0]["outcome"]
    assert outcome == "unreachable"


def test_registered_endpoints_hear_what_they_asked_for_with_their_own_secret(sandbox, v1, pay, shop):
    endpoint = v1.webhook_endpoints.create(
        params={"url": shop.url, "enabled_events": ["payment_intent.succeeded"], "api_version": "2026-10-28.endive"}
    )
    assert "secret" not in v1.webhook_endpoints.list().data[0]

    pay()

    sandbox.wait_until(lambda: shop.heard)
    headers, body = shop.heard[0]
    event = stripe.Webhook.construct_event(body, headers["stripe-signature"], endpoint.secret)
    assert event.type == "payment_intent.succeeded"


def test_duplicates_carry_the_same_event(sandbox, create, listening):
    sandbox.next("stripe", "duplicate", event="payment_intent.created", count=3)

    create()

    assert len({event.id for event in hears(sandbox, listening, 3)}) == 1


def test_reordered_events_arrive_last_first(sandbox, pay):
    sandbox.next("stripe", "reorder", count=4)

    pay()

    assert types(sandbox.webhooks) == [
        "charge.updated",
        "payment_intent.succeeded",
        "charge.succeeded",
        "payment_intent.created",
    ]


def test_held_events_wait_for_their_release(sandbox, pay):
    sandbox.next("stripe", "hold", event="payment_intent")
    pay()
    assert types(sandbox.webhooks) == ["charge.succeeded", "charge.updated"]

    assert sandbox.release("stripe", reverse=True) == 2

    assert types(sandbox.webhooks)[2:] == ["payment_intent.succeeded", "payment_intent.created"]


def test_a_dropped_event_never_arrives(sandbox, v1, pay, listening):
    sandbox.next("stripe", "drop", event="payment_intent.succeeded")

    pay()

    heard = hears(sandbox, listening, 3)
    assert "payment_intent.succeeded" not in [event.type for event in heard]
    sandbox.wait_until(lambda: len(v1.events.list(params={"delivery_success": False}).data) == 1)


def test_a_delayed_event_arrives_after_the_others(sandbox, pay):
    sandbox.next("stripe", "delay", event="payment_intent.created", seconds=0.05)

    pay()

    sandbox.wait_until(lambda: len(sandbox.webhooks) == 4)
    assert types(sandbox.webhooks)[-1] == "payment_intent.created"


def test_a_forged_event_does_not_verify(sandbox, create):
    sandbox.next("stripe", "forge")

    create()

    (forged,) = sandbox.webhooks
    with pytest.raises(stripe.SignatureVerificationError):
        stripe.Webhook.construct_event(forged.body, forged.headers["Stripe-Signature"], SECRET)


@pytest.mark.parametrize(
    ("kind", "value", "told"), [("alter_amount", 1, (1, "usd")), ("alter_currency", "cop", (2000, "cop"))]
)
def test_an_altered_event_is_well_signed_but_untrue(sandbox, v1, create, kind, value, told):
    sandbox.next("stripe", kind, value=value)

    intent = create()

    (altered,) = sandbox.webhooks
    event = stripe.Webhook.construct_event(altered.body, altered.headers["Stripe-Signature"], SECRET)
    assert (event.data.object.amount, event.data.object.currency) == told
    fetched = v1.payment_intents.retrieve(intent.id)
    assert (fetched.amount, fetched.currency) == (2000, "usd")


def test_an_object_itself_can_be_overwritten_so_that_fetching_tells_it_too(sandbox, v1, pay):
    intent = pay()

    sandbox.control("POST", f"/stripe/payment_intents/{intent.id}", {"amount_received": 1})

    assert v1.payment_intents.retrieve(intent.id).amount_received == 1


def test_an_event_can_arrive_before_the_answer(sandbox, create, listening):
    sandbox.next("stripe", "before_answer", event="payment_intent.created")

    intent = create()

    assert json.loads(listening.heard[0][1])["data"]["object"]["id"] == intent.id


def test_usually_the_answer_comes_without_waiting_for_the_event(sandbox, create, listening):
    sandbox.next("stripe", "delay", seconds=30)

    assert create().status == "requires_payment_method"

    assert listening.heard == []


def test_a_browser_from_anywhere_may_ask(sandbox):
    answer = httpx.options(
        f"{sandbox.stripe_base}/v1/payment_intents/pi_1/confirm",
        headers={"Origin": "http://localhost:3000", "Access-Control-Request-Method": "POST"},
    )

    assert answer.headers["access-control-allow-origin"] == "*"
