"""A laptop: nothing configured, everything in one folder."""

from ipaddress import ip_network

from decouple import Csv, config

from config import embedded

from .base import *
from .base import CELERY_BEAT_SCHEDULE, DATA_DIR, DATABASE_URL, SIMPLE_JWT, STORAGES, database

DEBUG = config("DEBUG", default=True, cast=bool)
SECRET_KEY = config("SECRET_KEY", default="only-for-a-laptop-and-therefore-no-secret-at-all")
SIMPLE_JWT = {**SIMPLE_JWT, "SIGNING_KEY": config("JWT_SECRET_KEY", default=SECRET_KEY)}
METRICS_ALLOWED = config("METRICS_ALLOWED", default="127.0.0.0/8,::1", cast=Csv(cast=ip_network))
ALLOWED_HOSTS = ["localhost", "127.0.0.1", "[::1]", "testserver"]

DATABASES = {"default": database(DATABASE_URL or embedded.database_url(DATA_DIR / "postgres", database="shop"))}

STRIPE_SECRET_KEY = config("STRIPE_SECRET_KEY", default="sk_test_sandbox")
STRIPE_PUBLISHABLE_KEY = config("STRIPE_PUBLISHABLE_KEY", default="pk_test_sandbox")
STRIPE_WEBHOOK_SECRETS = [config("STRIPE_WEBHOOK_SECRET", default="whsec_sandbox")]
SANDBOX_URL = f"http://127.0.0.1:{config('SANDBOX_PORT', default=8100, cast=int)}"
STRIPE_API_BASE = config("STRIPE_API_BASE", default=f"{SANDBOX_URL}/stripe")
PAYPAL_CLIENT_ID = config("PAYPAL_CLIENT_ID", default="sandbox")
PAYPAL_CLIENT_SECRET = config("PAYPAL_CLIENT_SECRET", default="sandbox")
PAYPAL_WEBHOOK_ID = config("PAYPAL_WEBHOOK_ID", default="WH-SANDBOX")
PAYPAL_BASE_URL = config("PAYPAL_BASE_URL", default=f"{SANDBOX_URL}/paypal")
PAYPAL_CERT_ORIGINS = config("PAYPAL_CERT_ORIGINS", default=SANDBOX_URL, cast=Csv())
PAYPAL_CA_FILE = config("PAYPAL_CA_FILE", default=str(DATA_DIR / "sandbox" / "paypal-ca.pem"))
PAYSTACK_SECRET_KEY = config("PAYSTACK_SECRET_KEY", default="sk_test_sandbox")
PAYSTACK_BASE_URL = config("PAYSTACK_BASE_URL", default=f"{SANDBOX_URL}/paystack")
TWILIO_ACCOUNT_SID = config("TWILIO_ACCOUNT_SID", default="AC" + "0" * 32)
TWILIO_AUTH_TOKEN = config("TWILIO_AUTH_TOKEN", default="sandbox")
TWILIO_WHATSAPP_FROM = config("TWILIO_WHATSAPP_FROM", default="+14155238886")
TWILIO_SMS_FROM = config("TWILIO_SMS_FROM", default="+14155238886")
TWILIO_BASE_URL = config("TWILIO_BASE_URL", default=f"{SANDBOX_URL}/twilio")
WHATSAPP_OWNER_NUMBER = config("WHATSAPP_OWNER_NUMBER", default="+584140000001")
WHATSAPP_CREATE_TEMPLATES = config("WHATSAPP_CREATE_TEMPLATES", default=True, cast=bool)
CELERY_BEAT_SCHEDULE = {
    **CELERY_BEAT_SCHEDULE,  # the sandbox approves at once, and a newcomer's first order should reach the phone
    "refresh-templates": {**CELERY_BEAT_SCHEDULE["refresh-templates"], "schedule": 120.0},
}
FX_BCV_URL = config("FX_BCV_URL", default=f"{SANDBOX_URL}/rates/bcv")
FX_DOLARAPI_URL = config("FX_DOLARAPI_URL", default=f"{SANDBOX_URL}/rates/dolarapi")
FX_PYDOLARVE_URL = config("FX_PYDOLARVE_URL", default=f"{SANDBOX_URL}/rates/pydolarve")
FX_PYDOLARVE_KEY = config("FX_PYDOLARVE_KEY", default="sandbox")
FX_EXCHANGERATE_API_URL = config("FX_EXCHANGERATE_API_URL", default=f"{SANDBOX_URL}/rates/exchangerate_api")
FX_EXCHANGERATE_API_KEY = config("FX_EXCHANGERATE_API_KEY", default="sandbox")
FX_OPEN_ER_API_URL = config("FX_OPEN_ER_API_URL", default=f"{SANDBOX_URL}/rates/open_er_api")
FX_OPEN_EXCHANGE_RATES_URL = config("FX_OPEN_EXCHANGE_RATES_URL", default=f"{SANDBOX_URL}/rates/open_exchange_rates")
FX_OPEN_EXCHANGE_RATES_KEY = config("FX_OPEN_EXCHANGE_RATES_KEY", default="sandbox")
FX_EXCHANGERATE_HOST_URL = config("FX_EXCHANGERATE_HOST_URL", default=f"{SANDBOX_URL}/rates/exchangerate_host")
FX_EXCHANGERATE_HOST_KEY = config("FX_EXCHANGERATE_HOST_KEY", default="sandbox")

API_LIMITS = {  # on a laptop all visitors have one address
    "anonymous": config("API_LIMIT_ANONYMOUS", default=10_000, cast=int),
    "user": config("API_LIMIT_USER", default=10_000, cast=int),
    "staff": config("API_LIMIT_STAFF", default=10_000, cast=int),
    "catalogue": config("API_LIMIT_CATALOGUE", default=100_000, cast=int),
    "rates": config("FX_READS_PER_HOUR", default=100_000, cast=int),
}
EMAIL_BACKEND = config("EMAIL_BACKEND", default="django.core.mail.backends.filebased.EmailBackend")
STORAGES = {**STORAGES, "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
WHITENOISE_USE_FINDERS = True  # nothing is collected on a laptop
CASH_ON_PICKUP_CURRENCIES = config("CASH_ON_PICKUP_CURRENCIES", default="USD,VES", cast=Csv())
CASH_ON_DELIVERY_CURRENCIES = config("CASH_ON_DELIVERY_CURRENCIES", default="USD", cast=Csv())
CASH_ON_DELIVERY_COUNTRIES = config("CASH_ON_DELIVERY_COUNTRIES", default="VE", cast=Csv())
PAGO_MOVIL = config("PAGO_MOVIL", default=True, cast=bool)
BANK_TRANSFER_INSTRUCTIONS = config(
    "BANK_TRANSFER_INSTRUCTIONS", default="Demo Bank, account 0000-0000-00-0000000000, in the name of the demo shop"
)
