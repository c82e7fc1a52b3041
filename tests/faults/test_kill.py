"""kill -9 at the worst moments, against the whole shop as `make run` starts it: nothing is lost, nothing happens twice.

The sandbox holds the answer back after it has done its work; that is the moment between a provider's answer and our
commit.
"""

from __future__ import annotations

import contextlib
import threading
from http.client import HTTPException
from uuid import uuid4

import psutil
import pytest

from tests.stack import Stack, wait_until

pytestmark = pytest.mark.stack

ADDRESS = {
    "first_name": "Ana",
    "last_name": "Pérez",
    "address_line_1": "Av. Bolívar 1",
    "city": "Caracas",
    "country": "VE",
}


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    """A shop of our own, for it will be killed; each test leaves it running again."""
    stack = Stack(tmp_path_factory.mktemp("killed-shop"))
    stack.start()
    yield stack
    stack.stop()


def hold_back(shop, method, path):
    """The sandbox's next answer to that call comes never, though the work is done."""
    fault = {"company": "stripe", "kind": "hang_after_recording", "method": method, "path": path}
    shop.post(f"{shop.sandbox_url}/_control/faults", fault)


def times_asked(shop, method, path):
    """How often the provider was called so since the sandbox started."""
    _, calls = shop.get(f"{shop.sandbox_url}/_control/stripe/requests")
    return sum(call["method"] == method and call["path"].startswith(path) for call in calls)


def kill(processes):
    assert processes
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess):  # it went down with the one before
            process.kill()


def cart_with_a_kit(shop):
    _, products = shop.get("/api/v1/products/?is_in_stock=true&ordering=price&page_size=1")
    _, product = shop.get(f"/api/v1/products/{products['results'][0]['slug']}/")
    _, cart = shop.post("/api/v1/cart/items/", {"variant_id": product["variants"][0]["id"], "quantity": 1})
    return cart["token"]


def check_out(shop, cart, key):
    body = {
        "email": "ana@example.test",
        "shipping_address": ADDRESS,
        "shipping_method": "venezuela-courier",
        "payment_method": "stripe",
    }
    return shop.post("/api/v1/checkout/", body, {"X-Cart-Token": cart, "Idempotency-Key": key})


def answer_is_lost(shop, cart, key):
    with contextlib.suppress(OSError, HTTPException, ValueError):  # cut off before, within or after its head
        check_out(shop, cart, key)


def order_status(shop, order):
    return shop.get(f"/api/v1/orders/{order['number']}/", {"X-Order-Token": order["order_token"]})[1]["status"]


def intents(shop):
    return shop.get(f"{shop.sandbox_url}/stripe/v1/payment_intents", {"Authorization": "Bearer sk_test_sandbox"})[1][
        "data"
    ]


def approve(shop, order):
    intent = order["payment"]["next_action"]["client_secret"].partition("_secret_")[0]
    shop.post(f"{shop.sandbox_url}/_control/stripe/payment_intents/{intent}/approve", {})
    return intent


def time_passes(shop):
    """Leases of the dead end: what would take a minute is done by hand."""
    shop.manage("shell", "-c", LEASES_END)


LEASES_END = """
from apps.common.models import IdempotencyRecord
from apps.outbox.models import Delivery
from django.db.models.functions import Now
IdempotencyRecord.objects.filter(response_status=None).update(leased_until=Now())
Delivery.objects.filter(status="pending").update(due_at=Now())
"""


def test_a_worker_killed_between_the_providers_answer_and_our_commit_loses_no_payment(shop):
    _, order = check_out(shop, cart_with_a_kit(shop), uuid4().hex)
    intent = order["payment"]["next_action"]["client_secret"].partition("_secret_")[0]
    hold_back(shop, "GET", f"/v1/payment_intents/{intent}")

    approve(shop, order)
    wait_until(lambda: times_asked(shop, "GET", f"/v1/payment_intents/{intent}"))
    assert order_status(shop, order) == "pending"
    kill(shop.processes("celery", "worker"))  # whereupon make run stops all the others

    shop.restart()
    time_passes(shop)

    wait_until(lambda: order_status(shop, order) == "confirmed")
    assert shop.audit().endswith("0 broken.")


def test_a_worker_killed_in_the_middle_of_a_refund_refunds_once(shop):
    _, order = check_out(shop, cart_with_a_kit(shop), uuid4().hex)
    intent = approve(shop, order)
    wait_until(lambda: order_status(shop, order) == "confirmed")
    hold_back(shop, "POST", "/v1/refunds")

    key = {"Idempotency-Key": uuid4().hex, "X-Order-Token": order["order_token"]}
    assert shop.post(f"/api/v1/orders/{order['number']}/cancel/", {}, key)[0] == 200
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
    approve(shop, order)
    wait_until(lambda: order_status(shop, order) == "confirmed")
    assert shop.audit().endswith("0 broken.")
