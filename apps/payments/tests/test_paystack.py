"""The adapter at the wire: what it sends, what it understands, and what it makes of a bad day."""

import hashlib
import hmac
import json
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

import httpx
import pytest
from django.test import Client

from apps.common.money import Money
from apps.orders.models import OrderStatus
from apps.payments import services
from apps.payments.exceptions import ProviderNotOffered, ProviderRejected, ProviderUnavailable, WebhookNotGenuine
from apps.payments.models import Payment, WebhookEvent
from apps.payments.providers import OnlineProvider, ProviderStatus, get_provider
from apps.payments.providers.base import DisputeStatus
from apps.payments.providers.paystack import from_subunits, to_subunits
from apps.payments.tests.paying import order_of, work

PRICE, PART = Money(Decimal("13.60"), "USD"), Money(Decimal("3.60"), "USD")
REFERENCE = "ORD-1-k3"
WEBHOOKS = "/api/v1/payments/webhooks/paystack/"


@pytest.fixture
def paystack(sandbox, settings):
    """The sandbox in Paystack's place, for an account that takes dollars and nairas."""
    settings.PAYSTACK_SECRET_KEY = "sk_test_sandbox"
    settings.PAYSTACK_BASE_URL = f"{sandbox.url}/paystack"
    settings.PAYSTACK_CURRENCIES = ["USD", "NGN", "XOF"]
    settings.PROVIDER_TIMEOUTS = (1.0, 1.0)
    return sandbox


@pytest.fixture
def provider(paystack):
    return get_provider("paystack")


@pytest.fixture
def at(paystack):
    """Something happens to the transaction of that name: at("approve"), at("dispute", amount=500)."""
    return lambda act, **wishes: paystack.control("POST", f"/paystack/transactions/{REFERENCE}/{act}", wishes)


@pytest.fixture
def overwrite(paystack):
    return lambda **fields: paystack.control("POST", f"/paystack/transactions/{REFERENCE}", fields)


@pytest.fixture
def settle(paystack):
    """Time passes for the refund of that number."""
    return lambda number, status="processed": paystack.control(
        "POST", f"/paystack/refunds/{number}/settle", {"status": status}
    )


@pytest.fixture
def paid(provider, at):
    start(provider)
    at("approve")
    return REFERENCE


def start(provider, amount=PRICE):
    return provider.start(
        reference=REFERENCE,
        amount=amount,
        email="ada@example.test",
        return_url="https://shop.test/back",
        cancel_url="https://shop.test/cart",
    )


def paths(sandbox):
    return [one["path"] for one in sandbox.requests("paystack")]


def read(provider, webhook):
    return provider.read_webhook(headers=httpx.Headers(webhook.headers), body=webhook.body)


def signed(body):
    return {"X-Paystack-Signature": hmac.new(b"sk_test_sandbox", body, hashlib.sha512).hexdigest()}


class TestStarting:
    def test_opens_a_page_under_our_reference_and_always_says_the_currency(self, provider, paystack):
        begun = start(provider)

        sent = json.loads(paystack.requests("paystack")[-1]["body"])
        assert (sent["reference"], sent["amount"], sent["currency"]) == (REFERENCE, 1360, "USD")
        assert sent["callback_url"] == "https://shop.test/back"
        assert sent["metadata"]["cancel_action"] == "https://shop.test/cart"
        assert (begun.provider_reference, begun.status) == (REFERENCE, ProviderStatus.PENDING)
        assert begun.captured == Money(Decimal(0), "USD")
        assert begun.next_action.as_json()["type"] == "redirect"
        assert begun.next_action.details["url"].startswith(f"{paystack.url}/paystack/checkout/")

    def test_a_repeat_cannot_show_the_page_again_and_says_so(self, provider):
        start(provider)

        again = start(provider)

        assert (again.status, again.failure_code) == (ProviderStatus.CANCELLED, "page_lost")
        assert again.provider_reference == REFERENCE

    def test_a_repeat_after_the_customer_has_paid_tells_of_the_money(self, provider, paid):
        assert start(provider).captured == PRICE

    def test_a_repeat_while_paystack_works_on_it_gives_nothing_up(self, provider, overwrite):
        start(provider)
        overwrite(status="processing")

        assert start(provider).status == ProviderStatus.PROCESSING

    @pytest.mark.parametrize(
        "fault",
        [
            "error_500",
            "error_500_after_recording",
            "conflict_409",
            "rate_limit_429",
            "hang_after_recording",
            "reset",
            "reset_after_recording",
            "malformed_json",
        ],
    )
    def test_when_nobody_knows_what_happened_it_says_so_and_asks_once(self, provider, paystack, fault):
        paystack.next("paystack", fault)

        with pytest.raises(ProviderUnavailable):
            start(provider)

        assert len(paystack.requests("paystack")) == 1

    @pytest.mark.parametrize("fault", ["error_500", "conflict_409", "rate_limit_429", "reset"])
    def test_after_a_failure_before_the_work_a_repeat_opens_the_page(self, provider, paystack, fault):
        paystack.next("paystack", fault)
        with pytest.raises(ProviderUnavailable):
            start(provider)

        assert start(provider).next_action.type == "redirect"

    @pytest.mark.parametrize(
        "fault", ["hang_after_recording", "reset_after_recording", "malformed_json", "error_500_after_recording"]
    )
    def test_a_page_whose_answer_was_lost_is_given_up_and_never_opened_twice(self, provider, paystack, fault):
        paystack.next("paystack", fault)
        with pytest.raises(ProviderUnavailable):
            start(provider)

        assert start(provider).failure_code == "page_lost"
        assert paths(paystack).count("/transaction/initialize") == 2

    def test_a_slow_answer_is_waited_for(self, provider, paystack):
        paystack.next("paystack", "slow", seconds=0.1)

        assert start(provider).status == ProviderStatus.PENDING

    def test_what_paystack_refuses_is_our_mistake(self, provider, paystack):
        paystack.control("PUT", "/paystack/switches", {"currencies": ["NGN"]})

        with pytest.raises(ProviderRejected) as refusal:
            start(provider)

        assert refusal.value.reason == "unsupported_currency"
        assert refusal.value.message == "Currency not supported by merchant"

    def test_a_key_that_paystack_does_not_know_is_our_mistake(self, paystack, settings):
        settings.PAYSTACK_SECRET_KEY = "pk_test_the_wrong_kind"

        with pytest.raises(ProviderRejected, match="Invalid key"):
            start(get_provider("paystack"))


class TestFetching:
    def test_tells_what_was_taken_under_which_name_and_what_paystack_kept(self, provider, paid):
        found = provider.fetch(paid)

        assert (found.status, found.captured) == (ProviderStatus.SUCCEEDED, PRICE)
        assert found.capture_reference == str(found.answer["id"])
        assert found.fee == Money(Decimal("0.21"), "USD")
        assert (found.refunds, found.disputes) == ([], [])

    def test_keeps_no_card_no_address_and_no_person(self, provider, paid):
        kept = json.dumps(dict(provider.fetch(paid).answer))

        for secret in ("4081", "AUTH_", "ada@example.test", "127.0.0.1"):
            assert secret not in kept

    def test_fees_that_the_customer_bears_are_neither_captured_nor_kept_from_us(self, provider, paystack, at):
        paystack.control("PUT", "/paystack/switches", {"fees_to_customer": True})
        start(provider)
        at("approve")

        found = provider.fetch(REFERENCE)

        assert (found.answer["amount"], found.answer["requested_amount"]) == (1381, 1360)
        assert (found.captured, found.fee) == (PRICE, Money(Decimal(0), "USD"))

    def test_less_than_was_asked_is_told_as_it_is(self, provider, paid, overwrite):
        overwrite(amount=1000, requested_amount=1360)

        assert provider.fetch(paid).captured == Money(Decimal("10.00"), "USD")

    def test_without_a_requested_amount_the_amount_counts(self, provider, paid, overwrite):
        overwrite(amount=1359, requested_amount=None)

        assert provider.fetch(paid).captured == Money(Decimal("13.59"), "USD")

    def test_another_currency_is_told_as_it_is(self, provider, paid, overwrite):
        overwrite(currency="NGN")

        assert provider.fetch(paid).captured == Money(Decimal("13.60"), "NGN")

    def test_a_fee_that_is_not_known_yet_is_not_zero(self, provider, paid, overwrite):
        overwrite(fees=None)

        assert provider.fetch(paid).fee is None

    @pytest.mark.parametrize(
        ("word", "status"),
        [
            ("abandoned", "pending"),
            ("ongoing", "pending"),
            ("pending", "processing"),
            ("processing", "processing"),
            ("queued", "processing"),
            ("a word of tomorrow", "pending"),
        ],
    )
    def test_every_word_but_success_is_no_money(self, provider, overwrite, word, status):
        start(provider)
        overwrite(status=word)

        found = provider.fetch(REFERENCE)

        assert (found.status, found.captured.amount, found.fee) == (status, 0, None)

    def test_a_declined_try_is_told_with_its_reason(self, provider, at, overwrite):
        start(provider)
        at("decline")
        overwrite(gateway_response="Insufficient Funds")

        found = provider.fetch(REFERENCE)

        assert (found.status, found.failure_code) == (ProviderStatus.FAILED, "insufficient_funds")
        assert found.failure_message == "Insufficient Funds"

    def test_money_that_went_back_was_money_all_the_same(self, provider, paid, at, settle):
        number = at("refund")["id"]
        settle(number)

        found = provider.fetch(paid)

        assert (found.answer["status"], found.status, found.captured) == ("reversed", "succeeded", PRICE)
        assert [(one.amount, one.status) for one in found.refunds] == [(PRICE, ProviderStatus.SUCCEEDED)]

    def test_a_reversal_that_nothing_explains_counts_as_a_refund_of_all(self, provider, paid, overwrite):
        overwrite(status="reversed")

        (refund,) = provider.fetch(paid).refunds

        assert (refund.amount, refund.status, refund.key) == (PRICE, ProviderStatus.SUCCEEDED, "")

    @pytest.mark.parametrize("metadata", [0, "", None, "no JSON", [], '{"cancel_action": "x"}'])
    def test_metadata_of_any_shape_does_no_harm(self, provider, paid, overwrite, metadata):
        overwrite(metadata=metadata)

        assert provider.fetch(paid).captured == PRICE

    def test_an_unknown_reference_is_told_apart(self, provider):
        with pytest.raises(ProviderRejected) as refusal:
            provider.fetch("nobody/knows?this")

        assert refusal.value.reason == "not_found"

    def test_money_of_another_world_is_not_ours(self, provider, paid, overwrite):
        overwrite(domain="live")

        with pytest.raises(ProviderRejected) as refusal:
            provider.fetch(paid)

        assert refusal.value.reason == "wrong_domain"

    def test_a_capture_has_nothing_left_to_do(self, provider, paid):
        assert provider.capture(paid, key="capture-1") == provider.fetch(paid)

    @pytest.mark.parametrize(
        "fault", ["error_500", "rate_limit_429", "reset", "malformed_json", "hang_after_recording"]
    )
    @pytest.mark.parametrize("path", ["/transaction/verify", "/refund", "/dispute"])
    def test_half_a_truth_is_none(self, provider, paystack, paid, fault, path):
        paystack.next("paystack", fault, path=path)

        with pytest.raises(ProviderUnavailable):
            provider.fetch(paid)

    @pytest.mark.parametrize(("field", "value"), [("status", []), ("currency", None), ("amount", "x"), ("fees", {})])
    def test_an_answer_of_another_shape_is_no_answer(self, provider, paid, overwrite, field, value):
        overwrite(**{field: value})

        with pytest.raises(ProviderUnavailable):
            provider.fetch(paid)


class TestVoiding:
    @pytest.mark.parametrize("act", ["abandon", "decline"])
    def test_answers_cancelled_though_the_page_stays_open(self, provider, at, act):
        start(provider)
        at(act)

        assert provider.void(REFERENCE).status == ProviderStatus.CANCELLED

        at("approve")
        assert provider.fetch(REFERENCE).captured == PRICE

    def test_a_void_that_came_too_late_tells_of_the_success(self, provider, paid):
        assert provider.void(paid).status == ProviderStatus.SUCCEEDED

    def test_what_paystack_works_on_is_not_given_up(self, provider, overwrite):
        start(provider)
        overwrite(status="queued")

        assert provider.void(REFERENCE).status == ProviderStatus.PROCESSING


class TestRefunding:
    def test_a_refund_is_under_way_until_paystack_says_that_it_has_arrived(self, provider, paid, settle):
        refund = provider.refund(paid, amount=PART, key="refund-1")
        assert (refund.amount, refund.status, refund.key) == (PART, ProviderStatus.PROCESSING, "refund-1")

        settle(refund.provider_reference)

        assert provider.list_refunds(paid) == [replace(refund, status=ProviderStatus.SUCCEEDED)]
        assert provider.fetch(paid).refunds == provider.list_refunds(paid)

    @pytest.mark.parametrize(
        ("word", "status", "message"),
        [
            ("processing", "processing", ""),
            ("needs-attention", "processing", "needs-attention"),
            ("failed", "failed", "failed"),
        ],
    )
    def test_every_word_about_a_refund_is_understood(self, provider, paid, word, status, message, settle):
        refund = provider.refund(paid, amount=PART, key="refund-1")

        settle(refund.provider_reference, word)

        (found,) = provider.list_refunds(paid)
        assert (found.status, found.failure_message) == (status, message)

    def test_a_repeat_finds_the_refund_that_was_asked_before(self, provider, paystack, paid):
        assert provider.refund(paid, amount=PART, key="refund-1") == provider.refund(paid, amount=PART, key="refund-1")
        assert [one["method"] for one in paystack.requests("paystack")].count("POST") == 2  # page and refund

    @pytest.mark.parametrize(
        "fault", ["hang_after_recording", "reset_after_recording", "malformed_json", "error_500_after_recording"]
    )
    def test_a_refund_whose_answer_was_lost_is_never_asked_twice(self, provider, paystack, paid, fault):
        paystack.next("paystack", fault, method="POST", path="/refund")
        with pytest.raises(ProviderUnavailable):
            provider.refund(paid, amount=PART, key="refund-1")

        provider.refund(paid, amount=PART, key="refund-1")

        assert len(provider.list_refunds(paid)) == 1

    def test_one_refund_at_a_time_is_under_way(self, provider, paid, settle):
        first = provider.refund(paid, amount=PART, key="refund-1")

        with pytest.raises(ProviderUnavailable, match="another refund"):
            provider.refund(paid, amount=PART, key="refund-2")
        assert len(provider.list_refunds(paid)) == 1

        settle(first.provider_reference)
        assert provider.refund(paid, amount=PART, key="refund-2").key == "refund-2"

    def test_a_refund_of_more_than_is_left_is_rejected(self, provider, paid):
        with pytest.raises(ProviderRejected, match="more than"):
            provider.refund(paid, amount=Money(Decimal("13.61"), "USD"), key="refund-1")

    def test_a_refund_made_in_the_panel_bears_no_key_of_ours(self, provider, paid, at):
        at("refund", amount=500)

        assert [(one.amount.amount, one.key) for one in provider.list_refunds(paid)] == [(Decimal(5), "")]

    def test_refunds_of_others_are_not_ours_and_no_page_is_left_out(self, provider, paystack, paid, at):
        body = {"email": "x@example.test", "amount": 100_000, "currency": "USD", "reference": "other"}
        provider.http.post("/transaction/initialize", json=body)
        paystack.control("POST", "/paystack/transactions/other/approve")
        at("refund", amount=100)
        for _ in range(50):
            paystack.control("POST", "/paystack/transactions/other/refund", {"amount": 1})

        assert [one.amount.amount for one in provider.list_refunds(paid)] == [Decimal(1)]

    def test_an_amount_in_words_is_an_amount(self, provider, paystack, paid):
        number = provider.refund(paid, amount=PART, key="refund-1").provider_reference
        paystack.control("POST", f"/paystack/refunds/{number}", {"amount": "360"})

        assert provider.list_refunds(paid)[0].amount == PART


class TestDisputes:
    def test_an_open_dispute_is_told_with_its_deadline(self, provider, paid, at):
        opened = at("dispute", amount=500)

        (dispute,) = provider.fetch(paid).disputes

        assert (dispute.provider_reference, dispute.amount.amount) == (str(opened["id"]), Decimal(5))
        assert (dispute.status, dispute.reason) == (DisputeStatus.OPEN, "chargeback")
        assert dispute.respond_by == datetime.fromisoformat(opened["dueAt"])

    @pytest.mark.parametrize(
        ("resolution", "status"), [("declined", "won"), ("merchant-accepted", "lost"), ("auto-accepted", "lost")]
    )
    def test_its_end_is_told_once_and_not_as_a_refund_too(self, provider, paystack, paid, at, resolution, status):
        number = at("dispute")["id"]
        paystack.control("POST", f"/paystack/disputes/{number}/resolve", {"resolution": resolution})

        found = provider.fetch(paid)

        assert [one.status for one in found.disputes] == [status]
        assert found.refunds == []

    def test_what_the_bank_has_not_said_is_taken_to_be_all(self, provider, paystack, paid, at):
        number = at("dispute")["id"]
        paystack.control("POST", f"/paystack/disputes/{number}", {"refund_amount": None, "dueAt": None})

        (dispute,) = provider.fetch(paid).disputes

        assert (dispute.amount, dispute.respond_by) == (PRICE, None)


class TestReadingWebhooks:
    def test_a_success_names_the_transaction_and_our_reference(self, provider, paystack, paid):
        (webhook,) = paystack.webhooks

        event = read(provider, webhook)

        assert (event.type, event.provider_reference, event.reference) == ("charge.success", paid, paid)
        assert event.key == hashlib.sha256(webhook.body).hexdigest()
        assert not event.is_live

    def test_refunds_and_disputes_name_the_transaction(self, provider, paystack, paid, at, settle):
        settle(at("refund", amount=100)["id"])
        number = at("dispute")["id"]
        paystack.control("POST", f"/paystack/disputes/{number}/resolve")

        events = [read(provider, one) for one in paystack.webhooks[1:5]]

        assert [one.type for one in events] == [
            "refund.pending",
            "refund.processed",
            "charge.dispute.create",
            "charge.dispute.resolve",
        ]
        assert {one.provider_reference for one in events} == {paid}

    def test_the_signature_is_that_of_the_published_vector(self, provider):
        good = (
            "c0ba191687e5af78ab6391f813d5c6ce03c3f86384c26db8d03c44f3d3f17aae"
            "816b202fa46a67e59bf9a15d2b0289249f7a73ae53838f29d1afbc2317076a05"
        )
        body = b'{"event":"charge.success","data":{"id":1}}'
        reader = replace(provider, secret_key="sk_test_abc")

        assert reader.read_webhook(headers={"X-Paystack-Signature": good}, body=body).type == "charge.success"
        for wrong in ("", good[:-1] + "0", good.upper(), "ñ"):
            with pytest.raises(WebhookNotGenuine):
                reader.read_webhook(headers={"X-Paystack-Signature": wrong}, body=body)
        with pytest.raises(WebhookNotGenuine):
            reader.read_webhook(headers={"X-Paystack-Signature": good}, body=body + b" ")
        with pytest.raises(WebhookNotGenuine):
            reader.read_webhook(headers={}, body=body)

    def test_a_forged_event_is_not_genuine(self, provider, paystack, at):
        start(provider)
        paystack.next("paystack", "forge")
        at("approve")

        with pytest.raises(WebhookNotGenuine):
            read(provider, paystack.webhooks[0])

    @pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"event": 7}', b"\xff"])
    def test_signed_nonsense_is_not_genuine(self, provider, body):
        with pytest.raises(WebhookNotGenuine):
            provider.read_webhook(headers=signed(body), body=body)

    @pytest.mark.parametrize("kind", ["transfer.success", "invoice.create", "preauthorization.capture.success", "new"])
    def test_every_other_event_is_kept_and_acted_on_by_nobody(self, provider, kind):
        body = json.dumps({"event": kind, "data": {"reference": "x", "domain": "test"}}).encode()

        event = provider.read_webhook(headers=signed(body), body=body)

        assert (event.type, event.provider_reference) == (kind, "")

    @pytest.mark.parametrize("data", [None, 0, [], {}, {"transaction": "x"}, {"reference": None}, {"metadata": 0}])
    @pytest.mark.parametrize("kind", ["charge.success", "refund.failed", "charge.dispute.create"])
    def test_a_genuine_event_of_odd_shape_is_kept(self, provider, kind, data):
        body = json.dumps({"event": kind, "data": data}).encode()

        assert provider.read_webhook(headers=signed(body), body=body).provider_reference == ""

    def test_an_event_of_the_other_world_is_nothing_to_act_on(self, provider):
        body = b'{"event":"charge.success","data":{"domain":"live","reference":"ORD-1-k3"}}'

        event = provider.read_webhook(headers=signed(body), body=body)

        assert (event.provider_reference, event.is_live) == ("", True)

    @pytest.mark.parametrize(
        ("metadata", "reference"),
        [
            ({"shop_payment": "A"}, "A"),
            ('{"shop_payment": "A"}', "A"),
            ("", ""),
            ("0", ""),
            (0, ""),
            (None, ""),
            ({"shop_payment": None}, ""),
            ([], ""),
        ],
    )
    def test_our_reference_is_found_in_metadata_of_any_shape(self, provider, metadata, reference):
        body = json.dumps({"event": "charge.success", "data": {"reference": "A", "metadata": metadata}}).encode()

        assert provider.read_webhook(headers=signed(body), body=body).reference == reference


@pytest.mark.parametrize(
    ("amount", "currency", "count"),
    [("12.34", "USD", 1234), ("500", "NGN", 50000), ("0.01", "GHS", 1), ("500", "XOF", 50000), ("90", "KES", 9000)],
)
def test_counts_in_hundredths_of_every_currency_both_ways(amount, currency, count):
    money = Money(Decimal(amount), currency)

    assert to_subunits(money) == count
    assert from_subunits(count, currency) == from_subunits(str(count), currency) == money


def test_what_paystack_cannot_express_is_never_rounded():
    with pytest.raises(ValueError, match="cannot express"):
        to_subunits(Money(Decimal("12.345"), "USD"))


@pytest.mark.parametrize(
    ("amount", "currency", "taken"),
    [
        ("13.60", "USD", True),
        ("13.605", "USD", False),
        ("0", "USD", False),
        ("500", "XOF", True),
        ("500.50", "XOF", False),
        ("13.60", "VES", False),
    ],
)
def test_takes_what_the_shop_configured_and_paystack_can_carry(provider, amount, currency, taken):
    assert provider.takes(Money(Decimal(amount), currency)) is taken


def test_is_offered_only_with_a_key_and_for_the_countries_that_are_set(paystack, settings):
    settings.PAYSTACK_COUNTRIES = ["NG", "GH"]
    provider = get_provider("paystack")
    assert isinstance(provider, OnlineProvider)
    assert provider.countries == {"NG", "GH"}

    settings.PAYSTACK_SECRET_KEY = ""
    with pytest.raises(ProviderNotOffered):
        get_provider("paystack")


class TestWithTheShop:
    @pytest.fixture
    def payment(self, paystack, buyer):
        return buyer.begin(provider="paystack")

    def approve(self, paystack, payment):
        return paystack.control("POST", f"/paystack/transactions/{payment.reference}/approve")

    def deliver(self, webhook):
        name = "x-paystack-signature"
        headers = {name: webhook.headers[name]}
        return Client().post(WEBHOOKS, data=webhook.body, content_type="application/json", headers=headers)

    def test_an_order_is_paid_once_by_however_many_webhooks(self, paystack, payment):
        self.approve(paystack, payment)
        (webhook,) = paystack.webhooks

        assert [self.deliver(webhook).status_code for _ in range(3)] == [200, 200, 200]
        work()

        assert WebhookEvent.objects.count() == 1
        assert order_of(payment).status == OrderStatus.CONFIRMED
        assert Payment.objects.get(pk=payment.pk).pays_order

    def test_a_webhook_that_says_another_amount_changes_nothing_for_the_truth_is_asked(self, paystack, payment):
        paystack.next("paystack", "alter_amount", value=1)
        self.approve(paystack, payment)

        self.deliver(paystack.webhooks[0])
        work()

        assert Payment.objects.get(pk=payment.pk).captured == payment.money

    def test_a_forged_webhook_is_refused_and_kept_nowhere(self, paystack, payment):
        paystack.next("paystack", "forge")
        self.approve(paystack, payment)

        assert self.deliver(paystack.webhooks[0]).status_code == 400
        assert not WebhookEvent.objects.exists()

    def test_another_amount_or_currency_pays_no_order(self, paystack, payment):
        self.approve(paystack, payment)
        paystack.control("POST", f"/paystack/transactions/{payment.reference}", {"currency": "NGN"})

        assert services.settle_payment(payment_id=payment.pk).status == "needs_review"
        assert order_of(payment).status != OrderStatus.CONFIRMED
