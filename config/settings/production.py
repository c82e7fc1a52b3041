"""Production: refuses to start without its secrets, with debug on, with hosts left open, or over plain HTTP."""

from decouple import Csv, config
from django.core.exceptions import ImproperlyConfigured

from .base import *
from .base import (
    ALLOWED_HOSTS,
    DATABASE_URL,
    PAYPAL_CERT_ORIGINS,
    PAYPAL_CLIENT_ID,
    PAYPAL_WEBHOOK_ID,
    REDIS_URL,
    SECRET_KEY,
    SIMPLE_JWT,
    SITE_URL,
    STOREFRONT_URL,
    STRIPE_SECRET_KEY,
    STRIPE_WEBHOOK_SECRETS,
    TWILIO_ACCOUNT_SID,
    TWILIO_AUTH_TOKEN,
    database,
)


def _require(name: str, value: object, remedy: str) -> None:
    if not value:
        raise ImproperlyConfigured(f"{name} is missing or unfit: {remedy}")


_require("SECRET_KEY", len(SECRET_KEY) >= 50, "set at least 50 random characters.")
_require("DATABASE_URL", DATABASE_URL, "name the PostgreSQL database, postgresql://user:password@host/name.")
_require("REDIS_URL", REDIS_URL, "name the Redis server, redis://host:6379/0.")
_require("ALLOWED_HOSTS", ALLOWED_HOSTS and "*" not in ALLOWED_HOSTS, "list the host names, without a wildcard.")
_require("SITE_URL", SITE_URL.startswith("https://"), "the address at which providers and browsers reach this API.")
_require("STOREFRONT_URL", STOREFRONT_URL.startswith("https://"), "the storefront's address, for links in messages.")
_require(
    "STRIPE_WEBHOOK_SECRET",
    STRIPE_WEBHOOK_SECRETS or not STRIPE_SECRET_KEY,
    "with STRIPE_SECRET_KEY set, Stripe's events must be verified.",
)
_require(
    "PAYPAL_WEBHOOK_ID",
    PAYPAL_WEBHOOK_ID or not PAYPAL_CLIENT_ID,
    "with PAYPAL_CLIENT_ID set, PayPal's events must be verified.",
)
_require(
    "TWILIO_AUTH_TOKEN",
    TWILIO_AUTH_TOKEN or not TWILIO_ACCOUNT_SID,
    "with TWILIO_ACCOUNT_SID set, Twilio's reports must be verified.",
)
_require("DEBUG", not config("DEBUG", default=False, cast=bool), "production never runs with it.")
for _name, _address in list(globals().items()):
    if _name.endswith(("_API_BASE", "_BASE_URL")) or (_name.startswith(("FX_", "GOOGLE_")) and _name.endswith("_URL")):
        _require(_name, _address.startswith("https://"), "companies outside are reached over https only.")

_require(
    "PAYPAL_CERT_ORIGINS",
    all(_origin.startswith("https://") for _origin in PAYPAL_CERT_ORIGINS),
    "certificates are fetched over https only.",
)

DATABASES = {"default": database(DATABASE_URL)}
SIMPLE_JWT = {**SIMPLE_JWT, "SIGNING_KEY": config("JWT_SECRET_KEY", default=SECRET_KEY)}

STAFF_SECOND_FACTOR = config("STAFF_SECOND_FACTOR", default=True, cast=bool)
SECURE_SSL_REDIRECT = config("SECURE_SSL_REDIRECT", default=True, cast=bool)
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_REDIRECT_EXEMPT = [r"^api/health/", r"^metrics/$"]  # load balancers and Prometheus ask in plain HTTP
SECURE_HSTS_SECONDS = 31_536_000
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True
SESSION_COOKIE_SECURE = True
CSRF_COOKIE_SECURE = True
REFRESH_COOKIE_SECURE = True
CSRF_TRUSTED_ORIGINS = [f"https://{'*' if host.startswith('.') else ''}{host}" for host in ALLOWED_HOSTS]
ALLOWED_HOSTS = [*ALLOWED_HOSTS, "127.0.0.1"]  # a container's own health check
CORS_ALLOWED_ORIGINS = config("CORS_ALLOWED_ORIGINS", default=STOREFRONT_URL.rstrip("/"), cast=Csv())
