"""`manage.py webhooks_replay`: what is kept is applied again, as often as anybody likes."""

import json
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db.models.functions import Now

from apps.common import audit
from apps.payments.models import Payment, WebhookEvent
from apps.payments.tests.paying import order_of, work

pytestmark = pytest.mark.django_db


def replay(*options):
    out = StringIO()
    call_command("webhooks_replay", *options, stdout=out)
    return out.getvalue()


@pytest.fixture
def waiting(buyer, webhooks):
    """A payment that was made, and its two events in the inbox, which nobody has applied."""
    payment = buyer.begin()
    buyer.approve(payment)
    webhooks()
    return payment


def statuses():
    return set(WebhookEvent.objects.values_list("status", flat=True))


def test_a_dry_run_shows_what_waits_and_changes_nothing(waiting):
    said = replay("--dry-run")

    assert "would be applied again, 0 could not be." in said
    assert statuses() == {"received"}
    assert Payment.objects.get().status == "pending"


def test_what_waits_is_applied_and_a_second_run_finds_nothing(waiting):
    count = WebhookEvent.objects.count()

    assert f"{count} were applied again, 0 could not be." in replay()
    assert replay() == "0 were applied again, 0 could not be.\n"
    assert order_of(waiting).status == "confirmed"
    assert list(audit.run()) == []


def test_applying_what_was_applied_pays_no_second_time(waiting):
    work()

    said = replay("--status", "applied", "--status", "ignored", "--provider", "stripe")
    work()

    order = order_of(waiting)
    assert f"{WebhookEvent.objects.count()} were applied again" in said
    assert order.paid == order.total
    assert list(audit.run()) == []


def test_one_event_is_named_by_its_number_whatever_its_status(waiting):
    work()
    event = WebhookEvent.objects.get(event_type="payment_intent.succeeded")

    said = json.loads(replay("--id", str(event.pk), "--json"))

    assert (said["dry_run"], [row["id"] for row in said["events"]]) == (False, [event.pk])
    assert said["events"][0] | {"received_at": ""} == {
        "id": event.pk,
        "provider": "stripe",
        "type": event.event_type,
        "key": event.dedupe_key,
        "received_at": "",
        "status": "applied",
        "verdict": f"{waiting.reference} is succeeded",
        "error": "",
    }


@pytest.mark.parametrize("choice", [["--provider", "paystack"], ["--since", "2999-01-01"], ["--status", "deferred"]])
def test_what_was_not_chosen_is_left_alone(waiting, choice):
    assert replay(*choice) == "0 were applied again, 0 could not be.\n"
    assert statuses() == {"received"}


def test_only_what_came_since_is_applied(waiting):
    old = WebhookEvent.objects.earliest("pk")
    WebhookEvent.objects.filter(pk=old.pk).update(created_at=Now() - timedelta(days=2))

    replay("--since", (old.created_at - timedelta(days=1)).isoformat())

    old.refresh_from_db()
    assert old.status == "received"
    assert order_of(waiting).status == "confirmed"


def test_one_that_cannot_be_applied_is_named_and_stops_no_other(waiting):
    lost = WebhookEvent.objects.earliest("pk")
    WebhookEvent.objects.filter(pk=lost.pk).update(object_id="pi_9", reference="ORD-1-unknown")
    out = StringIO()

    with pytest.raises(SystemExit):
        call_command("webhooks_replay", stdout=out)

    assert "ORD-1-unknown is not known here" in out.getvalue()
    assert order_of(waiting).status == "confirmed"


def test_an_event_that_is_not_there_is_said(db):
    with pytest.raises(CommandError):
        replay("--id", "1")


def test_a_time_that_is_none_is_refused(db):
    with pytest.raises(CommandError):
        replay("--since", "yesterday")
