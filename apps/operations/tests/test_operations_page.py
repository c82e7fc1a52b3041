"""docs/operations.md names everything that there is to work with, and nothing that there is not."""

import re

import pytest
from django.conf import settings
from django.core.management import get_commands

from apps.operations.selectors import QUEUES

PAGE = (settings.BASE_DIR / "docs" / "operations.md").read_text(encoding="utf-8")
COMMANDS = sorted(name for name, app in get_commands().items() if app.startswith("apps."))


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_is_explained(command):
    assert re.search(rf"`(manage\.py )?{command}\b", PAGE)


def test_every_queue_is_explained_in_the_order_of_the_sidebar():
    assert re.findall(r"^\| ([A-Z][^|]+) \|", PAGE, re.MULTILINE) == [queue.title for queue in QUEUES]


def test_every_address_is_one(client, db):
    addresses = re.findall(r"`GET (\S+)`", PAGE)

    assert [client.get(address).status_code for address in addresses] == [200, 200, 200]
