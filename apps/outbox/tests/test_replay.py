import json
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db.models import F

from apps.outbox import services, tasks
from apps.outbox.models import Delivery, OutboxMessage
from apps.outbox.selectors import HandlerStatus, unfinished_work
from apps.outbox.tests.listening import HEARD, TROUBLE, refuse, ring

pytestmark = pytest.mark.django_db


def bury(*numbers):
    for number in numbers:
        TROUBLE[number] = refuse
    ring(*numbers)
    Delivery.objects.filter(handler="outbox.ear").update(attempts=services.MAX_ATTEMPTS - 1)
    services.drain()


def run(command, *arguments):
    out = StringIO()
    try:
        call_command(command, *arguments, stdout=out, no_color=True)
    except SystemExit as end:
        return end.code, out.getvalue()
    return 0, out.getvalue()


def test_a_dead_letter_gets_another_full_round():
    bury(1)
    TROUBLE.clear()

    assert services.replay(delivery_ids=[Delivery.objects.get(status="dead").pk]) == 1
    services.drain()

    assert HEARD["ear"] == [1, 1]
    assert set(Delivery.objects.values_list("status", "attempts")) == {("done", 1)}


def test_replays_nothing_but_dead_letters():
    ring(1)
    services.drain()

    assert services.replay(delivery_ids=Delivery.objects.values_list("pk", flat=True)) == 0
    assert services.drain() == 0


def test_the_command_replays_one_handler_or_all():
    bury(1, 2)

    assert run("outbox_replay", "--handler", "outbox.diary") == (0, "0 were replayed.\n")
    assert run("outbox_replay", "--all")[1].endswith("2 were replayed.\n")
    assert not Delivery.objects.filter(status="dead").exists()


def test_the_command_can_show_what_it_would_do_and_do_nothing():
    bury(1)
    letter = Delivery.objects.get(status="dead")

    code, out = run("outbox_replay", "--all", "--dry-run", "--json")

    assert code == 0
    assert json.loads(out) == {
        "dry_run": True,
        "replayed": [{"id": letter.pk, "handler": "outbox.ear", "reason": "ValueError: too loud"}],
    }
    letter.refresh_from_db()
    assert letter.status == "dead"


def test_the_command_wants_to_know_which():
    with pytest.raises(CommandError, match="one of the arguments --handler --all is required"):
        call_command("outbox_replay")


def test_the_status_counts_what_is_waiting_failing_and_dead():
    bury(1)
    TROUBLE[2] = refuse
    ring(2)
    services.drain()
    ring(3)
    OutboxMessage.objects.update(created_at=F("created_at") - timedelta(hours=1))

    assert unfinished_work() == [
        HandlerStatus("outbox.diary", pending=1, failing=0, dead=0, oldest_seconds=3600),
        HandlerStatus("outbox.ear", pending=2, failing=1, dead=1, oldest_seconds=3600),
    ]


def test_the_status_command_fails_while_there_are_dead_letters():
    assert run("outbox_status") == (0, "Nothing is waiting and nothing is dead.\n")
    bury(1)

    code, out = run("outbox_status", "--json")
    assert code == 1
    assert json.loads(out) == [{"handler": "outbox.ear", "pending": 0, "failing": 0, "dead": 1, "oldest_seconds": 0}]
    assert run("outbox_status")[1].splitlines()[1].split() == ["outbox.ear", "0", "0", "1", "0"]


def test_forgets_what_all_have_heard_once_it_is_old(settings):
    settings.OUTBOX_KEEP_DAYS = 30
    bury(1)
    ring(2, 3, 4)
    services.drain()
    OutboxMessage.objects.exclude(payload__number=4).update(created_at=F("created_at") - timedelta(days=31))

    tasks.delete_old_messages()

    assert sorted(OutboxMessage.objects.values_list("payload__number", flat=True)) == [1, 4]
    assert Delivery.objects.count() == 4


def test_forgets_more_than_one_batch():
    ring(*range(5))
    services.drain()

    assert services.delete_old_messages(older_than=timedelta(0), batch=2) == 5
    assert not Delivery.objects.exists()
