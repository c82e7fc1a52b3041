"""The broker of `make run`: files in a folder, which one process writes while another looks."""

import contextlib
import threading
from queue import Empty

import pytest
from celery.signals import before_task_publish
from kombu import Connection

from config.celery import FilesTransport, app, look_up_at_once

MESSAGES = 500  # of so many, written in place, mostly one or another is met while it is empty


@pytest.fixture
def connect(tmp_path):
    """A channel to the folder; each asker gets one of its own."""
    folders = {name: str(tmp_path) for name in ("data_folder_in", "data_folder_out", "control_folder")}
    opened = []

    def connect():
        opened.append(Connection("filesystem://", transport=FilesTransport, transport_options=folders))
        return opened[-1].default_channel

    yield connect
    for connection in opened:
        connection.release()


def put_all(channel):
    for number in range(MESSAGES):
        channel._put("celery", {"number": number})


def test_a_worker_that_looks_while_messages_are_written_reads_all_of_them_whole(connect):
    channel, numbers = connect(), []
    writer = threading.Thread(target=put_all, args=(connect(),))

    writer.start()
    while writer.is_alive() or channel._size("celery"):
        with contextlib.suppress(Empty):
            numbers.append(channel._get("celery")["number"])

    assert sorted(numbers) == list(range(MESSAGES))


def test_a_worker_that_starts_asks_at_once_for_rates_and_for_templates():
    """A code that is asked for in a fresh shop's first minutes is to reach the phone."""
    asked = []

    def note(sender, **_):
        asked.append(sender)

    before_task_publish.connect(note)
    look_up_at_once()
    before_task_publish.disconnect(note)

    assert asked == ["fx_rates.fetch_rates", "notifications.refresh_templates"]
    app.loader.import_default_modules()
    assert set(asked) <= app.tasks.keys()
