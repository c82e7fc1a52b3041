"""Production: refuses to start without its secrets, with debug on, or with hosts left open."""

from decouple import config
from django.core.exceptions import ImproperlyConfigured

from .base import *
from .base import (
    ALLOWED_HOSTS,
    DATABASE_URL,
    REDIS_URL,
    SECRET_KEY,
    SIMPLE_JWT,
    STRIPE_API_BASE,
    database,
)


def _require(name: str, value: object, remedy: str) -> None:
    if not value:
        raise ImproperlyConfigured(f"{name} is missing: {remedy}")


_require("SECRET_KEY", len(SECRET_KEY) >= 50, "set at least 50 random characters.")
_require("DATABASE_URL", DATABASE_URL, "name the PostgreSQL database, postgresql://user:password@host/name.")
_require("REDIS_URL", REDIS_URL, "name the Redis server, redis://host:6379/0.")
_require("ALLOWED_HOSTS", ALLOWED_HOSTS and "*" not in ALLOWED_HOSTS, "list the host names, without a wildcard.")
_require("STRIPE_API_BASE", STRIPE_API_BASE.startswith("https://"), "a payment provider is reached over https only.")
for name, value in list(globals().items()):
    if name.startswith("FX_") and name.endswith("_URL"):
        _require(name, value.startswith("https://"), "a rate source is asked over https only.")
if config("DEBUG", default=False, cast=bool):
    raise ImproperlyConfigured("DEBUG is on: production never runs with it.")

DATABASES = {"default": database(DATABASE_URL)}
SIMPLE_JWT = {**SIMPLE_JWT, "SIGNING_KEY": config("JWT_SECRET_KEY", default=SECRET_KEY)}

SECURE_SSL_REDIRECT = config("SECURE_SSL_REDIRECT", default=True, cast=bool)
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_REDIRECT_EXEMPT = [r"^api/health/"]  # load balancers ask in plain HTTP
SECURE_HSTS_SECONDS = 31_536_000
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True
SESSION_COOKIE_SECURE = True
CSRF_COOKIE_SECURE = True
CSRF_TRUSTED_ORIGINS = [f"https://{host}" for host in ALLOWED_HOSTS]
