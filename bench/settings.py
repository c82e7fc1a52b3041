"""The shop as in production, on a database of its own beside the user's, with the floor's addresses added."""

from config import embedded
from config.settings.base import *
from config.settings.base import DATA_DIR, SECURITY_ATTEMPT_LIMITS, SIMPLE_JWT, STORAGES, database

BENCH_DIR = DATA_DIR / "bench"
BENCH_DATABASE = "shop_bench"
DATABASES = {"default": database(embedded.database_url(BENCH_DIR / "postgres", database=BENCH_DATABASE))}

SECRET_KEY = "a-key-that-only-the-bench-knows-and-that-is-long-enough"
SIMPLE_JWT = {**SIMPLE_JWT, "SIGNING_KEY": SECRET_KEY}
ALLOWED_HOSTS = ["127.0.0.1", "testserver"]
ROOT_URLCONF = "bench.urls"
LOGGING_CONFIG = None  # what the server says goes to .data/bench/server.log

CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
COUNT_IN_REDIS = False
REMEMBER_SESSIONS = True  # each worker by itself, for nobody whose token is measured is signed out
API_LIMITS = {}  # all of the bench's requests come from one address
SECURITY_ATTEMPT_LIMITS = dict.fromkeys(SECURITY_ATTEMPT_LIMITS, (1_000_000, 15))
CELERY_BROKER_URL, CELERY_BROKER_TRANSPORT = "memory://", None
CELERY_BROKER_TRANSPORT_OPTIONS = {}
EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
MEDIA_ROOT = str(BENCH_DIR / "media")
STORAGES = {**STORAGES, "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
WHITENOISE_AUTOREFRESH = True  # nothing is collected for the bench
BANK_TRANSFER_INSTRUCTIONS = "Bench Bank, account 1"
