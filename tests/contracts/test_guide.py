"""docs/adding-a-provider.md, followed to the letter: its code is registered as it stands and takes money."""

import re
import sys
import types
from urllib.parse import urlsplit

import pytest
from django.test import Client

from apps.common import audit
from apps.inventory.tests.factories import StockItemFactory
from apps.orders.models import Order
from apps.orders.tests.placing import place
from apps.payments import providers, services
from apps.payments.models import Payment, Refund
from apps.payments.tests.paying import work
from sandbox import app as sandbox_app
from sandbox.settings import Settings
from sandbox.testing import SandboxServer, plain_http
from tests.stack import ROOT

pytestmark = pytest.mark.django_db


def blocks():
    """The guide's Python, by the file that each block says it belongs to."""
    text = (ROOT / "docs" / "adding-a-provider.md").read_text(encoding="utf-8")
    found = re.findall(r"^```python\n# (\S+)\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    return dict(found)


@pytest.fixture
def orinoco(monkeypatch, settings):
    """A sandbox and a shop to which the guide's two files and two lines were added."""
    code = blocks()
    adapter = types.ModuleType("apps.payments.providers.orinoco")
    company = types.ModuleType("sandbox.orinoco")
    for module, path in ((adapter, "apps/payments/providers/orinoco.py"), (company, "sandbox/orinoco.py")):
        monkeypatch.setitem(sys.modules, module.__name__, module)
        exec(compile(code[path], path, "exec"), module.__dict__)  # noqa: S102  our own guide
    monkeypatch.setattr(sandbox_app, "REGISTRY", [*sandbox_app.REGISTRY, company.Orinoco])
    monkeypatch.setattr(providers, "_BUILDERS", dict(providers._BUILDERS))
    registry = {**vars(providers), "OrinocoProvider": adapter.OrinocoProvider, "orinoco": adapter}
    exec(code["apps/payments/providers/__init__.py"], registry)  # noqa: S102  our own guide
    with SandboxServer(Settings(retry_delays=(0.02,))) as server:
        settings.ORINOCO_SECRET_KEY = "sk_test_sandbox"
        settings.ORINOCO_BASE_URL = f"{server.url}/orinoco"
        settings.ORINOCO_CURRENCIES = ["USD"]
        yield server


def begin():
    payment = services.open_payment(order=place(StockItemFactory()), provider="orinoco")
    action = services.start_payment(payment_id=payment.pk)
    return Payment.objects.get(pk=payment.pk), action.details["url"]


def answer(page, word):
    """What the customer clicks on Orinoco's page; where he is sent then."""
    with plain_http() as browser:
        response = browser.post(page, data={"answer": word})
    assert response.status_code == 303
    return urlsplit(response.headers["Location"])


def test_a_customer_pays_on_its_page_and_comes_back_to_a_confirmed_order(orinoco):
    payment, page = begin()

    back = answer(page, "paid")
    said = Client().get(f"{back.path}?{back.query}").json()

    assert said["status"] == "succeeded"
    assert Order.objects.get().status == "confirmed"
    assert Payment.objects.get().counted == payment.part
    assert list(audit.run()) == []


def test_its_webhook_alone_is_enough_and_a_forged_one_is_not(orinoco):
    _, page = begin()
    answer(page, "paid")
    webhook = orinoco.wait_until(lambda: orinoco.webhooks)[0]
    headers = {"Orinoco-Signature": webhook.headers["Orinoco-Signature"]}

    def post(body, headers):
        url = "/api/v1/payments/webhooks/orinoco/"
        return Client().post(url, body, content_type="application/json", headers=headers).status_code

    assert post(webhook.body.replace(b"paid", b"open"), headers) == 400
    assert [post(webhook.body, headers) for _ in range(3)] == [200, 200, 200]
    work()
    assert Order.objects.get().status == "confirmed"


def test_who_declines_may_pay_another_way_and_refunds_go_back_once(orinoco):
    declined, page = begin()
    answer(page, "refused")
    assert services.settle_payment(payment_id=declined.pk).status == "failed"
    paid, page = begin()
    answer(page, "paid")
    services.settle_payment(payment_id=paid.pk)

    services.request_refund(payment_id=paid.pk, amount=None, reason="broken", actor="staff:1")
    orinoco.next("orinoco", "error_500_after_recording", method="POST")
    work()
    services.execute_refund(refund_id=Refund.objects.get().pk)

    assert [refund.status for refund in Refund.objects.all()] == ["succeeded"]
    assert len(providers.get_online_provider("orinoco").list_refunds(paid_name(paid))) == 1
    assert list(audit.run()) == []


def paid_name(payment):
    return Payment.objects.get(pk=payment.pk).provider_reference
