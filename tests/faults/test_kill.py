"""kill -9 at the worst moments, against the whole shop as `make run` starts it: nothing is lost, nothing happens twice.

The sandbox holds the answer back after it has done its work; that is the moment between a provider's answer and our
commit.
"""

from __future__ import annotations

import contextlib
import json
import threading
from http.client import HTTPException
from uuid import uuid4

import psutil
import pytest

from tests.shopping import (
    approve_at_paypal,
    approve_at_stripe,
    buy,
    cancel,
    cart_with_a_kit,
    check_out,
    order_status,
    page_name,
    pay_at_paystack,
)
from tests.stack import Stack, wait_until

pytestmark = pytest.mark.stack


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    """A shop of our own, for it will be killed; each test leaves it running again."""
    stack = Stack(tmp_path_factory.mktemp("killed-shop"))
    stack.start()
    yield stack
    stack.stop()


def misbehave(shop, company, kind, **fault):
    shop.post(f"{shop.sandbox_url}/_control/faults", {"company": company, "kind": kind, **fault})


def hold_back(shop, method, path, company="stripe"):
    """The sandbox's next answer to that call comes never, though the work is done."""
    misbehave(shop, company, "hang_after_recording", method=method, path=path)


def times_asked(shop, method, path, company="stripe"):
    """How often the provider was called so since the sandbox started."""
    _, calls = shop.get(f"{shop.sandbox_url}/_control/{company}/requests")
    return sum(call["method"] == method and call["path"].startswith(path) for call in calls)


def kill(processes):
    assert processes
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess):  # it went down with the one before
            process.kill()


def answer_is_lost(shop, cart, key):
    with contextlib.suppress(OSError, HTTPException, ValueError):  # cut off before, within or after its head
        check_out(shop, cart, key)


def intents(shop):
    return shop.get(f"{shop.sandbox_url}/stripe/v1/payment_intents", {"Authorization": "Bearer sk_test_sandbox"})[1][
        "data"
    ]


def time_passes(shop):
    """Leases of the dead end: what would take a minute is done by hand."""
    shop.manage("shell", "-c", LEASES_END)


LEASES_END = """
from apps.common.models import IdempotencyRecord
from apps.outbox.models import Delivery
from apps.payments.models import Payment
from django.db.models.functions import Now
Payment.objects.update(refunding_until=None)
IdempotencyRecord.objects.filter(response_status=None).update(leased_until=Now())
Delivery.objects.filter(status="pending").update(due_at=Now())
"""


def test_a_worker_killed_between_the_providers_answer_and_our_commit_loses_no_payment(shop):
    order = buy(shop, "stripe")
    intent = order["payment"]["next_action"]["client_secret"].partition("_secret_")[0]
    hold_back(shop, "GET", f"/v1/payment_intents/{intent}")

    approve_at_stripe(shop, order)
    wait_until(lambda: times_asked(shop, "GET", f"/v1/payment_intents/{intent}"))
    assert order_status(shop, order) == "pending"
    kill(shop.processes("celery", "worker"))  # whereupon make run stops all the others

    shop.restart()
    time_passes(shop)

    wait_until(lambda: order_status(shop, order) == "confirmed")
    assert shop.audit().endswith("0 broken.")


def test_a_worker_killed_in_the_middle_of_a_refund_refunds_once(shop):
    order = buy(shop, "stripe")
    intent = approve_at_stripe(shop, order)
    wait_until(lambda: order_status(shop, order) == "confirmed")
    hold_back(shop, "POST", "/v1/refunds")

    cancel(shop, order)
    wait_until(lambda: times_asked(shop, "POST", "/v1/refunds"))
    kill(shop.processes("celery", "worker"))

    shop.restart()
    time_passes(shop)

    wait_until(lambda: order_status(shop, order) == "refunded")
    refunds = shop.get(
        f"{shop.sandbox_url}/stripe/v1/refunds?payment_intent={intent}", {"Authorization": "Bearer sk_test_sandbox"}
    )[1]["data"]
    assert len(refunds) == 1
    assert shop.audit().endswith("0 broken.")


def test_a_web_process_killed_after_its_commit_answers_the_repetition_with_the_same_order(shop):
    cart, key, before = cart_with_a_kit(shop), uuid4().hex, len(intents(shop))
    hold_back(shop, "POST", "/v1/payment_intents")
    asked = times_asked(shop, "POST", "/v1/payment_intents")
    lost = threading.Thread(target=answer_is_lost, args=(shop, cart, key))
    lost.start()
    wait_until(lambda: times_asked(shop, "POST", "/v1/payment_intents") > asked)
    kill(shop.processes("granian"))
    lost.join()

    shop.restart()
    time_passes(shop)
    status, order = check_out(shop, cart, key)

    assert status == 201
    assert len(intents(shop)) == before + 1
    approve_at_stripe(shop, order)
    wait_until(lambda: order_status(shop, order) == "confirmed")
    assert shop.audit().endswith("0 broken.")


def come_back_from_paypal(shop, order):
    """What the customer's browser does after approving; its answer may be lost."""
    with contextlib.suppress(OSError, HTTPException, ValueError):
        shop.get(f"/api/v1/payments/paypal/return/?payment={order['payment']['id']}&token={page_name(order)}")


def announced(shop, company, kind, order):
    """How many events of this kind the company has made for the order, sent or not."""
    _, events = shop.get(f"{shop.sandbox_url}/_control/{company}/events")
    return sum(kind in json.dumps(one) and order["number"] in json.dumps(one) for one in events)


def refunds_at_paystack(shop, transaction):
    key = {"Authorization": "Bearer sk_test_sandbox"}
    return len(shop.get(f"{shop.sandbox_url}/paystack/refund?transaction={transaction}", key)[1]["data"])


def reconcile_once(shop):
    """As beat would some minutes later; then says what still differs from the companies' books."""
    shop.manage("shell", "-c", MINUTES_PASS)
    shop.manage("reconcile_payments", "--apply")
    return json.loads(shop.manage("reconcile_payments", "--hours", "1", "--json").stdout)


MINUTES_PASS = """
from datetime import timedelta
from apps.payments.models import Payment, Refund
from django.db.models.functions import Now
Payment.objects.update(updated_at=Now() - timedelta(minutes=15), refunding_until=None)
Refund.objects.update(updated_at=Now() - timedelta(minutes=15))
"""


def test_one_run_of_the_reconciler_mends_what_paypal_and_paystack_did_while_all_was_killed(shop):
    """Five customers at five steps between intention and booking; of none of them will a webhook tell."""
    approved, captured, unheard = buy(shop, "paypal"), buy(shop, "paypal"), buy(shop, "paystack")
    paypal_refund, paystack_refund = buy(shop, "paypal"), buy(shop, "paystack")
    approve_at_paypal(shop, paypal_refund)
    transaction = pay_at_paystack(shop, paystack_refund)
    wait_until(lambda: {order_status(shop, one) for one in (paypal_refund, paystack_refund)} == {"confirmed"})
    misbehave(shop, "paypal", "drop", times=None)
    misbehave(shop, "paystack", "drop", times=None)

    approve_at_paypal(shop, approved)
    pay_at_paystack(shop, unheard)
    hold_back(shop, "POST", "/v2/payments/captures", "paypal")
    hold_back(shop, "POST", "/refund", "paystack")
    cancel(shop, paypal_refund)
    cancel(shop, paystack_refund)
    wait_until(lambda: times_asked(shop, "POST", "/v2/payments/captures", "paypal"))
    wait_until(lambda: times_asked(shop, "POST", "/refund", "paystack"))
    capture = f"/v2/checkout/orders/{page_name(captured)}/capture"
    hold_back(shop, "POST", capture, "paypal")
    approve_at_paypal(shop, captured)
    lost = threading.Thread(target=come_back_from_paypal, args=(shop, captured))
    lost.start()
    wait_until(lambda: times_asked(shop, "POST", capture, "paypal"))
    kill(shop.processes("celery", "worker") + shop.processes("granian"))
    lost.join()

    shop.restart()
    assert {order_status(shop, one) for one in (approved, captured, unheard)} == {"pending"}
    assert reconcile_once(shop) == []

    assert {order_status(shop, one) for one in (approved, captured, unheard)} == {"confirmed"}
    assert order_status(shop, paypal_refund) == "refunded"
    taken = [announced(shop, "paypal", "PAYMENT.CAPTURE.COMPLETED", one) for one in (approved, captured, paypal_refund)]
    assert taken == [1, 1, 1]
    assert announced(shop, "paypal", "PAYMENT.CAPTURE.REFUNDED", paypal_refund) == 1
    assert refunds_at_paystack(shop, transaction) == 1
    assert shop.audit().endswith("0 broken.")
