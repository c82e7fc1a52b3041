"""Tests: real PostgreSQL in a folder of its own, no broker, mail in memory, cheap password hashes."""

from decouple import config

from config import embedded

from .base import *
from .base import DATA_DIR, SIMPLE_JWT, STORAGES, database

DEBUG = False
SECRET_KEY = "a-key-that-only-the-tests-know-and-that-is-long-enough"
SIMPLE_JWT = {**SIMPLE_JWT, "SIGNING_KEY": SECRET_KEY}
ALLOWED_HOSTS = ["testserver", "localhost", "127.0.0.1"]

TEST_DATABASE_URL = config("TEST_DATABASE_URL", default="")
DATABASES = {
    "default": database(
        TEST_DATABASE_URL or embedded.database_url(DATA_DIR / "postgres-test", database="shop", throwaway=True)
    )
}
DATABASES["default"]["CONN_MAX_AGE"] = 0
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
REMEMBER_SESSIONS = COUNT_IN_REDIS = False
API_LIMITS = {}  # those who test them say what they are
CELERY_BROKER_URL = "memory://"
CELERY_BROKER_TRANSPORT = None
CELERY_BROKER_TRANSPORT_OPTIONS = {}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
MEDIA_ROOT = str(DATA_DIR / "media-test")
WHITENOISE_AUTOREFRESH = True  # nothing is collected for tests
PRIVATE_MEDIA_ROOT = str(DATA_DIR / "private-test")
STORAGES["private"]["OPTIONS"]["location"] = PRIVATE_MEDIA_ROOT
STORAGES = {**STORAGES, "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
STRIPE_SECRET_KEY = "sk_test_sandbox"
STRIPE_PUBLISHABLE_KEY = "pk_test_sandbox"
STRIPE_WEBHOOK_SECRETS = ["whsec_sandbox"]
PAYPAL_CLIENT_ID = ""  # offered in those tests alone that are about it
PAYSTACK_SECRET_KEY = ""  # offered in those tests alone that are about it
TWILIO_ACCOUNT_SID = ""  # messages go to phones in those tests alone that are about it
FX_SOURCES = ["bcv", "dolarapi", "pydolarve", "open_er_api"]
FX_BCV_URL = FX_DOLARAPI_URL = FX_PYDOLARVE_URL = FX_OPEN_ER_API_URL = "http://127.0.0.1:9"  # where nobody answers
FX_EXCHANGERATE_API_URL = FX_OPEN_EXCHANGE_RATES_URL = FX_EXCHANGERATE_HOST_URL = FX_BCV_URL
BANK_TRANSFER_INSTRUCTIONS = "Test Bank, account 1"
