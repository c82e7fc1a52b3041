"""What the adapter asks and what the sandbox answers in Twilio's name fit Twilio's published documents."""

import uuid
from datetime import UTC, datetime

import pytest

from apps.notifications.phone_templates import ORDER_SHIPPED
from apps.notifications.providers import Outgoing, get_provider
from sandbox.testing import plain_http
from tests.contracts import twilio_schema

pytestmark = pytest.mark.skipif(
    not twilio_schema.SPECS.is_dir(), reason="Twilio's documents are not in ../shared/specs; nothing is checked."
)
ACCOUNT = "AC" + "1" * 32
MESSAGES = f"/2010-04-01/Accounts/{ACCOUNT}/Messages"


@pytest.fixture
def provider(sandbox, settings):
    sandbox.control("PUT", "/twilio/switches", {"delivery_seconds": None})
    settings.TWILIO_ACCOUNT_SID, settings.TWILIO_AUTH_TOKEN = ACCOUNT, "sandbox"
    settings.TWILIO_WHATSAPP_FROM, settings.TWILIO_BASE_URL = "+14155238886", f"{sandbox.url}/twilio"
    return get_provider("whatsapp")


@pytest.fixture
def template(provider):
    name, body = ORDER_SHIPPED.name, ORDER_SHIPPED.bodies["es"]
    sid = provider.create_template(name=name, language="es", body=body, examples=ORDER_SHIPPED.examples())
    provider.approval_of(sid)
    return sid


@pytest.fixture
def message(provider, template):
    variables, text = ORDER_SHIPPED.fill("es", ORDER_SHIPPED.gaps)
    return Outgoing(
        key=uuid.uuid4(),
        recipient="+584121234567",
        text=text,
        content_sid=template,
        variables=variables,
        report_url="https://shop.test/reports/?message=1",
    )


def test_everything_the_adapter_asks_is_published(sandbox, provider, message):
    taken = provider.send(message)
    provider.fetch(taken.provider_id)
    found = provider.find(message, since=datetime.now(UTC))

    asked = sandbox.requests("twilio")

    assert [one.provider_id for one in found] == [taken.provider_id]
    assert len(asked) == 6
    for one in asked:
        assert twilio_schema.request_problems(one["method"], one["path"], one["query"], one["body"]) == []


def test_everything_the_sandbox_answers_has_twilios_shape(sandbox, provider, template, message):
    sid = provider.send(message).provider_id
    calls = [
        ("GET", f"{MESSAGES}/{sid}.json", None),
        ("GET", f"{MESSAGES}.json", None),
        ("GET", f"/v1/Content/{template}", None),
        ("GET", f"/v1/Content/{template}/ApprovalRequests", None),
        ("POST", f"/v1/Content/{template}/ApprovalRequests/whatsapp", {"name": "again", "category": "UTILITY"}),
    ]
    with plain_http(f"{sandbox.url}/twilio", auth=(ACCOUNT, "x")) as http:
        for method, path, body in calls:
            answer = http.request(method, path, json=body)
            assert twilio_schema.answer_problems(method, path, answer.status_code, answer.json()) == []
        asked = {"To": "whatsapp:+584121234567", "From": "whatsapp:+14155238886", "Body": "Hola"}
        taken = http.post(f"{MESSAGES}.json", data=asked)
        assert twilio_schema.answer_problems("POST", f"{MESSAGES}.json", 201, taken.json()) == []
        sandbox.control("POST", f"/twilio/messages/{taken.json()['sid']}/step")
        failed = http.get(f"{MESSAGES}/{taken.json()['sid']}.json")
        assert failed.json()["error_code"] == 63016
        assert twilio_schema.answer_problems("GET", failed.url.path.removeprefix("/twilio"), 200, failed.json()) == []


def test_the_check_sees_what_is_wrong(provider, sandbox, message):
    with plain_http(f"{sandbox.url}/twilio", auth=(ACCOUNT, "x")) as http:
        answer = http.get(f"{MESSAGES}/{provider.send(message).provider_id}.json").json()

    (problem,) = twilio_schema.answer_problems("GET", f"{MESSAGES}/SM1.json", 200, answer | {"status": "eaten"})

    assert problem.startswith("$.status: 'eaten' is not one of")
    assert twilio_schema.request_problems("POST", f"{MESSAGES}.json", "", "To=x&Colour=red") == [
        f"{MESSAGES}.json: no field Colour"
    ]
    with pytest.raises(LookupError):
        twilio_schema.request_problems("DELETE", "/nothing", "", "")
