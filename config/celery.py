"""The Celery application: `celery -A config worker`. The broker only carries wake-up calls; work is kept in tables."""

import os
from pathlib import Path
from time import monotonic
from typing import Any
from uuid import uuid4

from celery import Celery, Task
from celery.signals import worker_ready
from kombu.transport import filesystem
from kombu.utils.json import dumps

from apps.common.history import acting

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.local")

LOOK_UP_SECONDS = 0.3


class FilesChannel(filesystem.Channel):
    """kombu's own, but a message appears whole: a worker that finds an empty file ends, and `make run` with it."""

    def _put(self, queue: str, message: Any, **_: Any) -> None:  # type: ignore[override]  # kombu: by two names
        file = Path(self.data_folder_out, f"{round(monotonic() * 1000)}_{uuid4()}.{queue}.msg")
        draft = file.with_suffix(".draft")
        draft.write_text(dumps(message), encoding="utf-8")
        draft.rename(file)


class FilesTransport(filesystem.Transport):
    """kombu's own, whose worker looks up more often than every two seconds, to see that it is asked to stop."""

    Channel = FilesChannel

    def drain_events(self, connection: Any, timeout: Any = None, **options: Any) -> Any:
        patience = LOOK_UP_SECONDS if timeout is None else min(timeout, LOOK_UP_SECONDS)
        return super().drain_events(connection, timeout=patience, **options)


class NamedTask(Task):
    """What a task changes is written down under its name."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        with acting(lambda: {"through": f"task {self.name}"}):
            return super().__call__(*args, **kwargs)


app = Celery("shop", task_cls=NamedTask)
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@worker_ready.connect
def look_up_at_once(**_: object) -> None:
    """A shop that has just opened knows no rate and no template; beat would ask only after its first interval."""
    for task in ("fx_rates.fetch_rates", "notifications.refresh_templates"):
        app.send_task(task)


@app.on_after_configure.connect
def make_broker_folders(sender: Celery, **_: object) -> None:
    """The file system broker wants its folders; only now are the settings read, not when this module is imported."""
    for name in ("data_folder_in", "data_folder_out", "control_folder"):
        if folder := sender.conf.broker_transport_options.get(name):
            Path(folder).mkdir(parents=True, exist_ok=True)
