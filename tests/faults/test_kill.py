"""kill -9 at the worst moments, against the whole shop as `make run` starts it: nothing is lost, nothing happens twice.

The sandbox holds the answer back after it has done its work; that is the moment between a provider's answer and our
commit. One kill serves several tests: each has prepared a purchase for it, and each looks for its own afterwards.
"""

from __future__ import annotations

import contextlib
import json
import threading
from http.client import HTTPException
from types import SimpleNamespace
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
from tests.stack import are_over, wait_until

pytestmark = pytest.mark.stack


@pytest.fixture(scope="module")
def shop(stack):
    """It will be killed; each test leaves it running again."""
    return stack.be_running()


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


def answer_is_lost(shop, cart, key, method="stripe"):
    with contextlib.suppress(OSError, HTTPException, ValueError):  # cut off before, within or after its head
        check_out(shop, cart, key, method)


def check_out_in_vain(shop, company, path):
    """The web's workers are killed between the company's first answer and our commit; others take their place."""
    buyer = SimpleNamespace(cart=cart_with_a_kit(shop), key=uuid4().hex, company=company)
    asked = times_asked(shop, "POST", path, company)
    hold_back(shop, "POST", path, company)
    lost = threading.Thread(target=answer_is_lost, args=(shop, buyer.cart, buyer.key, company))
    lost.start()
    wait_until(lambda: times_asked(shop, "POST", path, company) > asked)
    web = shop.processes("granian")
    mains = {process.pid for process in web}
    kill([process for process in web if process.ppid() in mains])
    lost.join()
    wait_until(shop.is_ready)
    return buyer


def check_out_again(shop, buyer):
    """The customer presses the button once more, and is shown where to pay."""
    status, order = check_out(shop, buyer.cart, buyer.key, buyer.company)
    assert (status, order["payment"]["next_action"]["type"]) == (201, "redirect")
    return order


def intents(shop):
    newest = f"{shop.sandbox_url}/stripe/v1/payment_intents?limit=100"
    return shop.get(newest, {"Authorization": "Bearer sk_test_sandbox"})[1]["data"]


def time_passes(shop, *what_it_does):
    """What would take a minute or a quarter of an hour is done by hand."""
    with shop.database() as connection:
        for statement in what_it_does:
            connection.execute(statement)


NOBODY_REFUNDS = "UPDATE payments_payment SET refunding_until = NULL"
NOBODY_ANSWERS = "UPDATE common_idempotencyrecord SET leased_until = now() WHERE response_status IS NULL"
NOBODY_DELIVERS = "UPDATE outbox_delivery SET due_at = now() WHERE status = 'pending'"
PAYMENTS_ARE_OLD = "UPDATE payments_payment SET updated_at = now() - interval '15 minutes'"
REFUNDS_ARE_OLD = "UPDATE payments_refund SET updated_at = now() - interval '15 minutes'"


@pytest.fixture(scope="module")
def killed(shop):
    """Three customers whose payments stood between an answer and its commit when worker and web were killed."""
    refund, payment = buy(shop, "stripe"), buy(shop, "stripe")
    refunded = approve_at_stripe(shop, refund)
    wait_until(lambda: order_status(shop, refund) == "confirmed")
    hold_back(shop, "POST", "/v1/refunds")
    refunds = times_asked(shop, "POST", "/v1/refunds")
    cancel(shop, refund)
    wait_until(lambda: times_asked(shop, "POST", "/v1/refunds") > refunds)

    paid = payment["payment"]["next_action"]["client_secret"].partition("_secret_")[0]
    hold_back(shop, "GET", f"/v1/payment_intents/{paid}")
    approve_at_stripe(shop, payment)
    wait_until(lambda: times_asked(shop, "GET", f"/v1/payment_intents/{paid}"))
    assert order_status(shop, payment) == "pending"

    cart, key, intents_before = cart_with_a_kit(shop), uuid4().hex, len(intents(shop))
    hold_back(shop, "POST", "/v1/payment_intents")
    lost = threading.Thread(target=answer_is_lost, args=(shop, cart, key))
    lost.start()
    wait_until(lambda: len(intents(shop)) > intents_before)
    everything = shop.everything()
    kill(shop.processes("celery", "worker") + shop.processes("granian"))
    lost.join()

    shop.process.wait()
    assert are_over(everything)
    assert "was ended by SIGKILL (what it said is above), so the others were stopped." in shop.log.read_text()
    shop.start()
    time_passes(shop, NOBODY_REFUNDS, NOBODY_ANSWERS, NOBODY_DELIVERS)
    return SimpleNamespace(
        payment=payment, refund=refund, refunded=refunded, cart=cart, key=key, intents_before=intents_before
    )


def test_a_worker_killed_between_the_providers_answer_and_our_commit_loses_no_payment(shop, killed):
    wait_until(lambda: order_status(shop, killed.payment) == "confirmed")
    assert shop.broken_invariants() == []


def test_a_worker_killed_in_the_middle_of_a_refund_refunds_once(shop, killed):
    wait_until(lambda: order_status(shop, killed.refund) == "refunded")
    refunds = shop.get(
        f"{shop.sandbox_url}/stripe/v1/refunds?payment_intent={killed.refunded}",
        {"Authorization": "Bearer sk_test_sandbox"},
    )[1]["data"]
    assert len(refunds) == 1
    assert shop.broken_invariants() == []


def test_a_web_process_killed_after_its_commit_answers_the_repetition_with_the_same_order(shop, killed):
    status, order = check_out(shop, killed.cart, killed.key)

    assert status == 201
    assert len(intents(shop)) == killed.intents_before + 1
    approve_at_stripe(shop, order)
    wait_until(lambda: order_status(shop, order) == "confirmed")
    assert shop.broken_invariants() == []


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
    time_passes(shop, NOBODY_REFUNDS, NOBODY_ANSWERS, PAYMENTS_ARE_OLD, REFUNDS_ARE_OLD)
    said = shop.manage("shell", "-c", RECONCILE_AND_LOOK).stdout
    return json.loads(said.rpartition("=====")[2])


RECONCILE_AND_LOOK = """
from django.core.management import call_command
call_command("reconcile_payments", "--apply")
print("=====")
call_command("reconcile_payments", "--hours", "1", "--json")
"""
PAGE_LEFT_OPEN = "pending, 0.00 USD taken, 0.00 USD given back"  # nobody has seen it, and Paystack closes none


def test_one_run_of_the_reconciler_mends_what_paypal_and_paystack_did_while_all_was_killed(shop):
    """Seven customers at seven steps between intention and booking; of none of them will a webhook tell."""
    begun_at_paypal = check_out_in_vain(shop, "paypal", "/v2/checkout/orders")
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
    begun_at_paystack = check_out_in_vain(shop, "paystack", "/transaction/initialize")
    assert [(one["ours"][:9], one["theirs"]) for one in reconcile_once(shop)] == [("cancelled", PAGE_LEFT_OPEN)]

    assert {order_status(shop, one) for one in (approved, captured, unheard)} == {"confirmed"}
    assert order_status(shop, paypal_refund) == "refunded"
    taken = [announced(shop, "paypal", "PAYMENT.CAPTURE.COMPLETED", one) for one in (approved, captured, paypal_refund)]
    assert taken == [1, 1, 1]
    assert announced(shop, "paypal", "PAYMENT.CAPTURE.REFUNDED", paypal_refund) == 1
    assert refunds_at_paystack(shop, transaction) == 1

    agreed, renewed = check_out_again(shop, begun_at_paypal), check_out_again(shop, begun_at_paystack)
    approve_at_paypal(shop, agreed)
    come_back_from_paypal(shop, agreed)
    pay_at_paystack(shop, renewed)
    wait_until(lambda: {order_status(shop, one) for one in (agreed, renewed)} == {"confirmed"})
    assert announced(shop, "paypal", "PAYMENT.CAPTURE.COMPLETED", agreed) == 1
    assert announced(shop, "paystack", "charge.success", renewed) == 1
    assert shop.broken_invariants() == []
