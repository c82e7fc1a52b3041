"""The Celery application: `celery -A config worker`. The broker only carries wake-up calls; work is kept in tables."""

import os
from pathlib import Path

from celery import Celery
from django.conf import settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.local")

app = Celery("shop")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

if settings.CELERY_BROKER_URL.startswith("filesystem"):
    for folder in ("broker", "broker-control"):
        Path(settings.DATA_DIR / folder).mkdir(parents=True, exist_ok=True)
