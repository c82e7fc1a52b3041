"""Settings that hold everywhere, read from the environment in titled blocks; `.env.example` lists each name."""

from datetime import date, time, timedelta
from decimal import Decimal
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import dj_database_url
import pghistory
from celery.schedules import crontab
from decouple import Csv, config

from apps.common.phones import phone_setting
from config.media import check_kind, cloudinary_storage, origins_of, s3_storage

BASE_DIR = Path(__file__).resolve().parent.parent.parent
DATA_DIR = Path(config("DATA_DIR", default=str(BASE_DIR / ".data")))
VERSION = "0.1.0"

# --- Identity and hosts -----------------------------------------------------------------------------------------------
SECRET_KEY = config("SECRET_KEY", default="")
DEBUG = False
ALLOWED_HOSTS = config("ALLOWED_HOSTS", default="", cast=Csv())
PORT = config("PORT", default=8000, cast=int)
SHOP_NAME = config("SHOP_NAME", default="Demo shop")
SITE_URL = config("SITE_URL", default=f"http://127.0.0.1:{PORT}")
STOREFRONT_URL = config("STOREFRONT_URL", default="http://localhost:3000")
# the proxies, as addresses or networks, whose X-Forwarded-For is believed
TRUSTED_PROXIES = config("TRUSTED_PROXIES", default="", cast=Csv(cast=ip_network))
# who reads /metrics/: addresses or networks, or whoever brings the token; with neither, nobody
METRICS_ALLOWED = config("METRICS_ALLOWED", default="", cast=Csv(cast=ip_network))
METRICS_TOKEN = config("METRICS_TOKEN", default="")
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
ASGI_APPLICATION = "config.asgi.application"

# --- Apps -------------------------------------------------------------------------------------------------------------
INSTALLED_APPS = [
    "unfold",
    "unfold.contrib.filters",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "corsheaders",
    "django_filters",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "treebeard",
    "django_otp",
    "django_otp.plugins.otp_static",
    "django_otp.plugins.otp_totp",
    "pgtrigger",
    "pghistory",
    "apps.common",
    "apps.outbox",
    "apps.accounts",
    "apps.fx_rates",
    "apps.stores",
    "apps.catalog",
    "apps.inventory",
    "apps.bulk",
    "apps.shipping",
    "apps.cart",
    "apps.orders",
    "apps.reviews",
    "apps.wishlists",
    "apps.payments",
    "apps.checkout",
    "apps.notifications",
    "apps.operations",
]

MIDDLEWARE = [
    "apps.catalog.api.editions.KeptAnswersMiddleware",
    "apps.common.middleware.CompressionMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "apps.common.middleware.CorsMiddleware",
    "apps.common.middleware.RequestIdMiddleware",
    "apps.common.middleware.SecurityHeadersMiddleware",
    "apps.common.middleware.RateLimitMiddleware",
    "apps.common.middleware.AdminSessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "apps.common.middleware.AdminAuthenticationMiddleware",
    "apps.accounts.middleware.SecondFactorMiddleware",
    "apps.common.middleware.AdminMessageMiddleware",
    "apps.common.middleware.AdminTimeZoneMiddleware",
    "apps.common.history.HistoryMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    }
]

# --- The staff's admin ------------------------------------------------------------------------------------------------
UNFOLD = {
    "SITE_TITLE": "apps.operations.admin.navigation.shop_name",
    "SITE_HEADER": "apps.operations.admin.navigation.shop_name",
    "SITE_SYMBOL": "storefront",
    "SITE_URL": STOREFRONT_URL,
    "SHOW_BACK_BUTTON": True,
    "LOGIN": {"form": "apps.accounts.staff_login.LoginForm"},
    "ACCOUNT": {"navigation": "apps.operations.admin.navigation.own_account"},
    "SIDEBAR": {"navigation": "apps.operations.admin.navigation.sidebar"},
    "DASHBOARD_CALLBACK": "apps.operations.admin.navigation.dashboard",
}

# --- Database: PostgreSQL everywhere ----------------------------------------------------------------------------------
DATABASE_URL = config("DATABASE_URL", default="")
CONN_MAX_AGE = config("CONN_MAX_AGE", default=60, cast=int)
# a statement that a connection meets again is parsed and planned once; off for a pooler that cannot carry that over
PREPARED_STATEMENTS = config("PREPARED_STATEMENTS", default=True, cast=bool)


def database(url: str) -> dict[str, Any]:
    """The DATABASES entry for a URL, with our time limits; what the URL says of host and TLS is kept."""
    parsed = dj_database_url.parse(url, "config.postgresql", conn_max_age=CONN_MAX_AGE, conn_health_checks=True)
    limits = "-c lock_timeout=3000 -c statement_timeout=30000 -c idle_in_transaction_session_timeout=60000"
    options = {
        "options": limits,
        "server_side_binding": True,  # without it there is nothing to prepare: the values are in the text
        "prepare_threshold": 1 if PREPARED_STATEMENTS else None,
        "connect_timeout": 3,
        **parsed.get("OPTIONS", {}),
    }
    return {**parsed, "OPTIONS": options, "ATOMIC_REQUESTS": False}


DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- History: who changed what, see apps/common/history.py ------------------------------------------------------------
PGHISTORY_CREATED_AT_FUNCTION = "clock_timestamp()"  # transactions that overlap are told in the order of their changes
PGHISTORY_FOREIGN_KEY_FIELD = pghistory.ForeignKey(db_index=False)

# --- Redis: cache, broker ---------------------------------------------------------------------------------------------
REDIS_URL = config("REDIS_URL", default="")


def cache(url: str) -> dict[str, Any]:
    """The CACHES entry for a Redis. One that is down is a cache that has nothing, and says so within half a second."""
    options = {"SOCKET_CONNECT_TIMEOUT": 0.5, "SOCKET_TIMEOUT": 0.5, "IGNORE_EXCEPTIONS": True}
    return {"BACKEND": "django_redis.cache.RedisCache", "LOCATION": url, "OPTIONS": options}


CACHES = {"default": cache(REDIS_URL) if REDIS_URL else {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}

# --- Celery -----------------------------------------------------------------------------------------------------------
CELERY_BROKER_URL = config("CELERY_BROKER_URL", default=REDIS_URL) or "filesystem://localhost"
CELERY_BROKER_TRANSPORT = "config.celery:FilesTransport" if CELERY_BROKER_URL.startswith("filesystem") else None
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_TIME_LIMIT = 300
CELERY_TIMEZONE = "UTC"
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_TRANSPORT_OPTIONS = (
    {
        "data_folder_in": str(DATA_DIR / "broker"),
        "data_folder_out": str(DATA_DIR / "broker"),
        "control_folder": str(DATA_DIR / "broker-control"),
        "polling_interval": 0.2,
    }
    if CELERY_BROKER_URL.startswith("filesystem")
    # a broker that is down must not hold up a request: it is asked once, and given half a second
    else {"max_retries": 0, "socket_connect_timeout": 0.5, "socket_timeout": 0.5}
)
CELERY_BEAT_SCHEDULE_FILENAME = str(DATA_DIR / "beat-schedule")
CELERY_BEAT_SCHEDULE = {
    "drain-outbox": {"task": "outbox.drain", "schedule": 5.0},
    "delete-old-messages": {"task": "outbox.delete_old_messages", "schedule": crontab(hour=3, minute=20)},
    "delete-old-attempts": {"task": "accounts.delete_old_attempts", "schedule": crontab(hour=3, minute=55)},
    "cleanup-sessions": {"task": "accounts.cleanup_sessions", "schedule": crontab(hour=3, minute=50)},
    "delete-old-exports": {"task": "accounts.delete_old_exports", "schedule": crontab(minute=35)},
    "delete-old-counters": {"task": "common.delete_old_counters", "schedule": crontab(minute=25)},
    "delete-old-idempotency": {"task": "common.delete_old_idempotency_records", "schedule": crontab(hour=3, minute=40)},
    "run-imports": {"task": "bulk.run_imports", "schedule": 15.0},
    "forget-looked-at-files": {"task": "bulk.forget_looked_at_files", "schedule": crontab(minute=45)},
    "turn-products": {"task": "catalog.turn_products", "schedule": 15.0},
    "sweep-searches": {"task": "catalog.sweep_searches", "schedule": crontab(hour=3, minute=30)},
    "sweep-pictures": {"task": "catalog.sweep_pictures", "schedule": crontab(hour=4, minute=40)},
    "rank-products": {"task": "orders.rank_products", "schedule": crontab(minute=35)},
    "expire-due-orders": {"task": "orders.expire_due_orders", "schedule": 15.0},
    "announce-low-stock": {"task": "inventory.announce_low_stock", "schedule": 300.0},
    "reconcile-open-payments": {"task": "payments.reconcile_open_payments", "schedule": 60.0},
    "ask-about-stale-messages": {"task": "notifications.ask_about_stale_messages", "schedule": 120.0},
    "remind-of-payment-windows": {"task": "notifications.remind_of_payment_windows", "schedule": 60.0},
    "tell-the-willing": {"task": "notifications.tell_the_willing", "schedule": 300.0},
    "tell-of-alerts": {"task": "notifications.tell_of_alerts", "schedule": 60.0},
    "tell-of-dead-letters": {"task": "notifications.tell_of_dead_letters", "schedule": 300.0},
    "refresh-templates": {"task": "notifications.refresh_templates", "schedule": 600.0},
    "fetch-rates": {"task": "fx_rates.fetch_rates", "schedule": 60.0},  # each source's own interval decides
    "delete-old-evidence": {"task": "payments.delete_old_evidence", "schedule": crontab(hour=4, minute=5)},
    "forget-farewells": {"task": "notifications.forget_farewells", "schedule": crontab(hour=4, minute=10)},
    "reconcile-day": {"task": "payments.reconcile_day", "schedule": crontab(hour=4, minute=17)},
}

# --- Outbox -----------------------------------------------------------------------------------------------------------
OUTBOX_KEEP_DAYS = config("OUTBOX_KEEP_DAYS", default=30, cast=int)

# --- People and tokens ------------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
_ACCESS_HOURS = config("JWT_ACCESS_TOKEN_LIFETIME", default="0.25", cast=Decimal)
_ACCESS_MINUTES = config("JWT_ACCESS_TOKEN_MINUTES", default=int(_ACCESS_HOURS * 60), cast=int)
SIMPLE_JWT = {
    "ACCESS_TOKEN_LIFETIME": timedelta(minutes=_ACCESS_MINUTES),
    "REFRESH_TOKEN_LIFETIME": timedelta(days=config("JWT_REFRESH_TOKEN_LIFETIME", default=7, cast=int)),
    "ALGORITHM": "HS256",
    "SIGNING_KEY": config("JWT_SECRET_KEY", default=SECRET_KEY),
    "USER_ID_FIELD": "public_id",
    "USER_ID_CLAIM": "sub",
}
SESSION_SECURITY = {
    "MAX_SESSIONS_PER_USER": config("MAX_SESSIONS_PER_USER", default=5, cast=int),
    "SESSION_EXPIRE_DAYS": config("SESSION_EXPIRE_DAYS", default=30, cast=int),
    "AUTO_CLEANUP_SESSIONS": config("AUTO_CLEANUP_SESSIONS", default=True, cast=bool),
    "LOG_SESSION_ACTIVITIES": config("LOG_SESSION_ACTIVITIES", default=True, cast=bool),
    "FORCE_LOGOUT_ON_SUSPICIOUS_ACTIVITY": config("FORCE_LOGOUT_ON_SUSPICIOUS_ACTIVITY", default=True, cast=bool),
    "SUSPICIOUS_NETWORKS": config("SUSPICIOUS_NETWORKS", default=3, cast=int),
}
SECURITY_ATTEMPT_LIMITS = {  # how many, within how many minutes; all for one address
    "login_ip": (config("LOGIN_IP_MAX_ATTEMPTS", default=5, cast=int), 15),
    "login_user": (config("LOGIN_USER_MAX_ATTEMPTS", default=3, cast=int), 15),  # and one account
    "register": (config("REGISTER_IP_MAX_ATTEMPTS", default=10, cast=int), 60),
    "password_reset": (config("PASSWORD_RESET_MAX_ATTEMPTS", default=10, cast=int), 15),
    "data_export": (config("DATA_EXPORT_MAX_ATTEMPTS", default=20, cast=int), 15),  # fetching it
    "google": (config("GOOGLE_MAX_ATTEMPTS", default=30, cast=int), 15),
    "verification": (config("EMAIL_VERIFICATION_MAX_ATTEMPTS", default=10, cast=int), 15),
    "otp": (config("OTP_MAX_PER_HOUR", default=5, cast=int), 60),  # codes for one person
    "otp_phone": (config("OTP_PHONE_MAX_PER_HOUR", default=5, cast=int), 60),  # codes for one number, whoever asks
    "otp_verify": (config("OTP_MAX_ATTEMPTS", default=10, cast=int), 15),  # guesses at one person's codes
}
# Customers may open stores of their own; staff look at each before it is seen.
STORES_BY_CUSTOMERS = config("STORES_BY_CUSTOMERS", default=False, cast=bool)
# A new or changed review is read by shoppers before staff have looked at it.
REVIEWS_SHOW_UNMODERATED = config("REVIEWS_SHOW_UNMODERATED", default=False, cast=bool)
STEP_UP_MINUTES = 10  # that a code can be typed, and that what it opens stays open
STAFF_SECOND_FACTOR = config("STAFF_SECOND_FACTOR", default=False, cast=bool)
# pages of the admin that want a second factor of the last STEP_UP_MINUTES, from staff who have one
SECOND_FACTOR_PAGES = (
    "payments_pagomovilrecipient_",
    "auth_group_",
    "auth_user_password_change",
    "password_change",
    "accounts_securityattempt_",
    "accounts_usersession_",
    "notifications_mailwording_edit",  # what customers are told to do with their money
)
# Refunds worth more than this, in the currency of orders, want a fresh one too; empty: none do.
SECOND_FACTOR_REFUND_ABOVE = config("SECOND_FACTOR_REFUND_ABOVE", default="200")
OTP_TOTP_ISSUER = SHOP_NAME
# How long what proves an erased person's payments is kept: as long as a bank may dispute them, with some patience.
EVIDENCE_KEEP_DAYS = config("EVIDENCE_KEEP_DAYS", default=180, cast=int)
DATA_EXPORTS_PER_DAY = config("DATA_EXPORTS_PER_DAY", default=3, cast=int)  # for one person
DATA_EXPORT_HOURS = config("DATA_EXPORT_HOURS", default=72, cast=int)  # how long its link works
GOOGLE_CLIENT_IDS = config("GOOGLE_CLIENT_IDS", default="", cast=Csv())
GOOGLE_CERTS_URL = config("GOOGLE_CERTS_URL", default="https://www.googleapis.com/oauth2/v3/certs")
VERIFICATION_LINK_HOURS = config("VERIFICATION_LINK_HOURS", default=24, cast=int)
PASSWORD_RESET_LINK_MINUTES = config("PASSWORD_RESET_LINK_MINUTES", default=60, cast=int)
# Who asks for it gets the refresh token in a cookie that scripts cannot read.
REFRESH_COOKIE_SAMESITE = config("REFRESH_COOKIE_SAMESITE", default="Lax")
REFRESH_COOKIE_SECURE = False
ATTEMPT_KEEP_DAYS = config("ATTEMPT_KEEP_DAYS", default=90, cast=int)
# Only a cache that all processes share may answer for a session: another process's end of it must be seen at once.
REMEMBER_SESSIONS = bool(REDIS_URL)

# --- The API ----------------------------------------------------------------------------------------------------------
API_LIMITS = {  # requests an hour of one caller; 0 is no limit
    "anonymous": config("API_LIMIT_ANONYMOUS", default=100, cast=int),
    "user": config("API_LIMIT_USER", default=1000, cast=int),
    "staff": config("API_LIMIT_STAFF", default=5000, cast=int),
    "catalogue": config("API_LIMIT_CATALOGUE", default=3000, cast=int),
    "rates": config("FX_READS_PER_HOUR", default=1000, cast=int),
}
COUNT_IN_REDIS = bool(REDIS_URL)
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["apps.accounts.api.authentication.SessionAwareJWTAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_THROTTLE_CLASSES": ["apps.common.api.limits.HourlyLimit"],
    "DEFAULT_RENDERER_CLASSES": ["apps.common.api.json.OrjsonRenderer"],
    "DEFAULT_PARSER_CLASSES": ["apps.common.api.json.OrjsonParser"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "apps.common.api.negotiation.JsonNegotiation",
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_PAGINATION_CLASS": "apps.common.api.pagination.PageNumberPagination",
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "apps.common.api.problems.problem_handler",
    "COERCE_DECIMAL_TO_STRING": True,
    "UNICODE_JSON": True,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Shop API",
    "DESCRIPTION": "Browse, fill a cart, check out and pay, in more than one way and more than one currency.",
    "VERSION": VERSION,
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SERVE_AUTHENTICATION": [],
    "COMPONENT_SPLIT_REQUEST": True,
    "SCHEMA_PATH_PREFIX": r"/api/v1",
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "ENUM_NAME_OVERRIDES": {
        "BulkMethodEnum": "apps.bulk.models.Method",
        "BulkRuleEnum": "apps.bulk.api.serializers.RULES",
        "BulkStatusEnum": "apps.bulk.models.ChangeStatus",
        "ProductFileKindEnum": "apps.bulk.models.FileKind",
        "ProductImportStatusEnum": "apps.bulk.models.ImportStatus",
        "ProductStatusEnum": "apps.catalog.models.ProductStatus",
        "ChannelEnum": "apps.accounts.models.Channel",
        "MarketingEnum": "apps.accounts.models.Marketing",
        "ConsentSourceEnum": "apps.accounts.models.ConsentSource",
        "StepUpPurposeEnum": "apps.accounts.models.StepUpPurpose",
        "AddressKindEnum": "apps.accounts.models.AddressKind",
        "StoreRoleEnum": "apps.stores.models.StoreRole",
        "OrderStatusEnum": "apps.orders.models.OrderStatus",
        "OrderPaymentStatusEnum": "apps.orders.models.PaymentStatus",
        "PaymentStatusEnum": "apps.payments.models.PaymentStatus",
        "RefundStatusEnum": "apps.payments.models.RefundStatus",
        "PagoMovilClaimStateEnum": "apps.payments.models.ClaimState",
        "ReviewStatusEnum": "apps.reviews.models.ReviewStatus",
        "WishlistPrivacyEnum": "apps.wishlists.models.Privacy",
        "PriceAlertKindEnum": "apps.wishlists.models.AlertKind",
        "PriceAlertStatusEnum": "apps.wishlists.models.AlertStatus",
        "RateKindEnum": "apps.fx_rates.models.RateKind",
        "RateAlertKindEnum": "apps.fx_rates.models.AlertKind",
        "RateVerdictEnum": "apps.fx_rates.models.Verdict",
        "RateReasonEnum": "apps.fx_rates.models.Reason",
    },
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "apps.common.api.schema.add_problem_responses",
    ],
}
CORS_ALLOWED_ORIGINS = config("CORS_ALLOWED_ORIGINS", default="http://localhost:3000,http://127.0.0.1:3000", cast=Csv())
CORS_ALLOW_CREDENTIALS = True  # for the refresh token's cookie; nothing else in the API looks at any
CORS_ALLOW_HEADERS = ["authorization", "content-type", "idempotency-key", "if-match", "x-cart-token", "x-order-token"]
CORS_ALLOW_HEADERS += ["x-step-up-token", "x-token-transport"]
CORS_EXPOSE_HEADERS = ["etag", "idempotent-replayed", "retry-after", "x-cart-token", "x-request-id"]
CORS_EXPOSE_HEADERS += [f"x-ratelimit-{name}" for name in ("limit", "remaining", "reset")]
CORS_URLS_REGEX = r"^/api/.*$"

# --- What a browser may do with our answers ---------------------------------------------------------------------------
CONTENT_SECURITY_POLICY = "default-src 'none'; frame-ancestors 'none'"  # JSON has no business with anything
_PAGES = (
    "default-src 'self'; img-src 'self' data: blob:; style-src 'self' 'unsafe-inline'; worker-src 'self' blob:; "
    "object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'; script-src 'self'"
)
CONTENT_SECURITY_POLICIES = {
    "/api/docs/": _PAGES,
    "/api/redoc/": _PAGES,
    "/dev/mail/": "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; form-action 'self'",
    "/admin/": f"{_PAGES} 'unsafe-inline' 'unsafe-eval'",  # Alpine, which the admin is written in, evaluates attributes
}

# --- The shop window --------------------------------------------------------------------------------------------------
CATALOGUE_KEPT_MEGABYTES = config("CATALOGUE_KEPT_MEGABYTES", default=16, cast=int)
SEARCH_LOG_KEEP_DAYS = config("SEARCH_LOG_KEEP_DAYS", default=180, cast=int)
POPULARITY_DAYS = config("POPULARITY_DAYS", default=90, cast=int)
CATALOGUE_CACHE_SECONDS = config("CATALOGUE_CACHE_SECONDS", default=900, cast=int)

# --- Buying -----------------------------------------------------------------------------------------------------------
BASE_CURRENCY = config("BASE_CURRENCY", default="USD")
PAYMENT_WINDOW_MINUTES_CARD = config("PAYMENT_WINDOW_MINUTES_CARD", default=15, cast=int)
PAYMENT_WINDOW_MINUTES_TRANSFER = config("PAYMENT_WINDOW_MINUTES_TRANSFER", default=24 * 60, cast=int)
PAYMENT_WINDOW_MINUTES_PICKUP = config("PAYMENT_WINDOW_MINUTES_PICKUP", default=48 * 60, cast=int)
IDEMPOTENCY_KEEP_HOURS = 72
GUEST_CART_DAYS = config("GUEST_CART_DAYS", default=30, cast=int)

# --- Payment providers ------------------------------------------------------------------------------------------------
STRIPE_SECRET_KEY = config("STRIPE_SECRET_KEY", default="")
STRIPE_PUBLISHABLE_KEY = config("STRIPE_PUBLISHABLE_KEY", default="")
STRIPE_WEBHOOK_SECRETS = config("STRIPE_WEBHOOK_SECRET", default="", cast=Csv())
STRIPE_API_BASE = config("STRIPE_API_BASE", default="https://api.stripe.com")
STRIPE_CURRENCIES = config("STRIPE_CURRENCIES", default=BASE_CURRENCY, cast=Csv())
PAYPAL_CLIENT_ID = config("PAYPAL_CLIENT_ID", default="")
PAYPAL_CLIENT_SECRET = config("PAYPAL_CLIENT_SECRET", default="")
PAYPAL_WEBHOOK_ID = config("PAYPAL_WEBHOOK_ID", default="")
PAYPAL_BASE_URL = config("PAYPAL_BASE_URL", default="https://api-m.paypal.com")
PAYPAL_CERT_ORIGINS = config(
    "PAYPAL_CERT_ORIGINS", default="https://api.paypal.com,https://api-m.paypal.com", cast=Csv()
)
PAYPAL_CA_FILE = config("PAYPAL_CA_FILE", default="")
PAYPAL_CURRENCIES = config("PAYPAL_CURRENCIES", default=BASE_CURRENCY, cast=Csv())
PAYPAL_COUNTRIES = config("PAYPAL_COUNTRIES", default="", cast=Csv())
PAYSTACK_SECRET_KEY = config("PAYSTACK_SECRET_KEY", default="")
PAYSTACK_BASE_URL = config("PAYSTACK_BASE_URL", default="https://api.paystack.co")
PAYSTACK_CURRENCIES = config("PAYSTACK_CURRENCIES", default=BASE_CURRENCY, cast=Csv())
PAYSTACK_COUNTRIES = config("PAYSTACK_COUNTRIES", default="", cast=Csv())
PAYSTACK_MINIMUMS = {
    currency: Decimal(least)
    for currency, _, least in (
        pair.partition(":")
        for pair in config("PAYSTACK_MINIMUMS", default="NGN:50,GHS:0.10,ZAR:1,KES:3,USD:2", cast=Csv())
    )
}
PROVIDER_TIMEOUTS = (3.05, 20.0)  # seconds to connect, seconds to wait for an answer
PROVIDER_TIMEOUTS_OF_A_PAGE = (2.0, 4.0)  # the same where a customer waits before it
BANK_TRANSFER_INSTRUCTIONS = config("BANK_TRANSFER_INSTRUCTIONS", default="")
BANK_TRANSFER_CURRENCIES = config("BANK_TRANSFER_CURRENCIES", default=BASE_CURRENCY, cast=Csv())
CASH_ON_PICKUP_CURRENCIES = config("CASH_ON_PICKUP_CURRENCIES", default="", cast=Csv())
CASH_ON_DELIVERY_CURRENCIES = config("CASH_ON_DELIVERY_CURRENCIES", default="", cast=Csv())
CASH_ON_DELIVERY_COUNTRIES = config("CASH_ON_DELIVERY_COUNTRIES", default="", cast=Csv())

# --- Pago Móvil -------------------------------------------------------------------------------------------------------
PAGO_MOVIL = config("PAGO_MOVIL", default=False, cast=bool)
PAGO_MOVIL_REPORT_DAYS = config("PAGO_MOVIL_REPORT_DAYS", default=7, cast=int)
PAGO_MOVIL_TWO_PEOPLE_ABOVE = config("PAGO_MOVIL_TWO_PEOPLE_ABOVE", default="")
PAGO_MOVIL_REPORTS_PER_HOUR = config("PAGO_MOVIL_REPORTS_PER_HOUR", default=10, cast=int)
PAGO_MOVIL_REPORTS_PER_HOUR_ADDRESS = config("PAGO_MOVIL_REPORTS_PER_HOUR_ADDRESS", default=40, cast=int)
PAGO_MOVIL_BANK = config("PAGO_MOVIL_BANK", default="")
PAGO_MOVIL_PHONE = config("PAGO_MOVIL_PHONE", default="")
PAGO_MOVIL_DOCUMENT = config("PAGO_MOVIL_DOCUMENT", default="")
PAGO_MOVIL_HOLDER = config("PAGO_MOVIL_HOLDER", default="")

# --- Exchange rates ---------------------------------------------------------------------------------------------------
# The limits are explained in docs/adr/0010; percentages are of the rate that is held.
FX_CURRENCIES = config("FX_CURRENCIES", default="VES", cast=Csv())
FX_SOURCES = config(
    "FX_SOURCES",
    default="bcv,dolarapi,pydolarve,exchangerate_api,open_er_api,open_exchange_rates,exchangerate_host",
    cast=Csv(),
)
FX_BCV_URL = config("FX_BCV_URL", default="https://www.bcv.org.ve")
FX_BCV_CA_FILE = config("FX_BCV_CA_FILE", default="")
FX_DOLARAPI_URL = config("FX_DOLARAPI_URL", default="https://ve.dolarapi.com")
FX_PYDOLARVE_URL = config("FX_PYDOLARVE_URL", default="https://pydolarve.org")
FX_PYDOLARVE_KEY = config("FX_PYDOLARVE_KEY", default="")
FX_EXCHANGERATE_API_URL = config("FX_EXCHANGERATE_API_URL", default="https://v6.exchangerate-api.com")
FX_EXCHANGERATE_API_KEY = config("FX_EXCHANGERATE_API_KEY", default="")
FX_OPEN_ER_API_URL = config("FX_OPEN_ER_API_URL", default="https://open.er-api.com")
FX_OPEN_EXCHANGE_RATES_URL = config("FX_OPEN_EXCHANGE_RATES_URL", default="https://openexchangerates.org")
FX_OPEN_EXCHANGE_RATES_KEY = config("FX_OPEN_EXCHANGE_RATES_KEY", default="")
FX_EXCHANGERATE_HOST_URL = config("FX_EXCHANGERATE_HOST_URL", default="https://api.exchangerate.host")
FX_EXCHANGERATE_HOST_KEY = config("FX_EXCHANGERATE_HOST_KEY", default="")
FX_AGREEMENT_PERCENT = config("FX_AGREEMENT_PERCENT", default="0.5", cast=Decimal)
FX_RISE_PERCENT = config("FX_RISE_PERCENT", default="5", cast=Decimal)
FX_FALL_PERCENT = config("FX_FALL_PERCENT", default="2", cast=Decimal)
FX_LONE_PERCENT = config("FX_LONE_PERCENT", default="9", cast=Decimal)
FX_AGGREGATE_PERCENT = config("FX_AGGREGATE_PERCENT", default="5", cast=Decimal)
FX_ALERT_PERCENT = config("FX_ALERT_PERCENT", default="5", cast=Decimal)
FX_AHEAD_DAYS = config("FX_AHEAD_DAYS", default=5, cast=int)
FX_STALE_DAYS = config("FX_STALE_DAYS", default=5, cast=int)
FX_BANK_HOLIDAYS = config("FX_BANK_HOLIDAYS", default="", cast=Csv(cast=date.fromisoformat, post_process=frozenset))
FX_QUOTE_MINUTES = config("FX_QUOTE_MINUTES", default=30, cast=int)
SECOND_CURRENCY = config("SECOND_CURRENCY", default=FX_CURRENCIES[0] if FX_CURRENCIES else "")
FX_MANUAL_DAYS = config("FX_MANUAL_DAYS", default=7, cast=int)
FX_FALLBACK_MARGIN_PERCENT = config("FX_FALLBACK_MARGIN_PERCENT", default="")

# --- Mail -------------------------------------------------------------------------------------------------------------
EMAIL_BACKEND = config("EMAIL_BACKEND", default="django.core.mail.backends.smtp.EmailBackend")
EMAIL_HOST = config("EMAIL_HOST", default="localhost")
EMAIL_PORT = config("EMAIL_PORT", default=587, cast=int)
EMAIL_HOST_USER = config("EMAIL_HOST_USER", default="")
EMAIL_HOST_PASSWORD = config("EMAIL_HOST_PASSWORD", default="")
EMAIL_USE_TLS = config("EMAIL_USE_TLS", default=True, cast=bool)
EMAIL_TIMEOUT = 15
EMAIL_FILE_PATH = DATA_DIR / "outbox"
DEFAULT_FROM_EMAIL = config("DEFAULT_FROM_EMAIL", default="Shop <shop@example.test>")

# --- WhatsApp and SMS -------------------------------------------------------------------------------------------------
TWILIO_ACCOUNT_SID = config("TWILIO_ACCOUNT_SID", default="")
TWILIO_AUTH_TOKEN = config("TWILIO_AUTH_TOKEN", default="")
TWILIO_API_KEY_SID = config("TWILIO_API_KEY_SID", default="")
TWILIO_API_KEY_SECRET = config("TWILIO_API_KEY_SECRET", default="")
TWILIO_WHATSAPP_FROM = config("TWILIO_WHATSAPP_FROM", default="")
TWILIO_SMS_FROM = config("TWILIO_SMS_FROM", default="")
TWILIO_BASE_URL = config("TWILIO_BASE_URL", default="https://api.twilio.com")
PHONE_COUNTRY = config("PHONE_COUNTRY", default="VE")  # where a number belongs that is typed without its country's code
STORE_OWNER_WHATSAPP = config("STORE_OWNER_WHATSAPP", default="")
WHATSAPP_OWNER_NUMBER = phone_setting(
    "WHATSAPP_OWNER_NUMBER", config("WHATSAPP_OWNER_NUMBER", default=STORE_OWNER_WHATSAPP), country=PHONE_COUNTRY
)
WHATSAPP_OWNER_LANGUAGE = config("WHATSAPP_OWNER_LANGUAGE", default="es")
WHATSAPP_CREATE_TEMPLATES = config("WHATSAPP_CREATE_TEMPLATES", default=False, cast=bool)

# --- Files ------------------------------------------------------------------------------------------------------------
STATIC_URL = "/static/"
STATIC_ROOT = config("STATIC_ROOT", default=str(BASE_DIR / "staticfiles"))
MEDIA_URL = config("MEDIA_URL", default="/media/")
MEDIA_ROOT = config("MEDIA_ROOT", default=str(DATA_DIR / "media"))
PRIVATE_MEDIA_ROOT = config("PRIVATE_MEDIA_ROOT", default=str(DATA_DIR / "private"))
MEDIA_STORAGE = check_kind(config("MEDIA_STORAGE", default="local"))
CLOUDINARY_API_BASE = config("CLOUDINARY_API_BASE", default="https://api.cloudinary.com")
_PICTURES: dict[str, Any] = {"BACKEND": "django.core.files.storage.FileSystemStorage"}
if MEDIA_STORAGE == "s3":
    _PICTURES = s3_storage(
        bucket=config("S3_BUCKET", default=""),
        region=config("S3_REGION", default=""),
        endpoint=config("S3_ENDPOINT_URL", default=""),
        key=config("S3_ACCESS_KEY_ID", default=""),
        secret=config("S3_SECRET_ACCESS_KEY", default=""),
        public_url=config("S3_PUBLIC_URL", default=""),
    )
if MEDIA_STORAGE == "cloudinary":
    _PICTURES = cloudinary_storage(address=config("CLOUDINARY_URL", default=""), api_base=CLOUDINARY_API_BASE)
STORAGES: dict[str, dict[str, Any]] = {
    "default": _PICTURES,
    # proofs of payment and bank statements: no address serves it, only views that look who asks
    "private": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": PRIVATE_MEDIA_ROOT, "base_url": None},
    },
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
CONTENT_SECURITY_POLICIES["/admin/"] = CONTENT_SECURITY_POLICIES["/admin/"].replace(
    "img-src 'self'", " ".join(["img-src 'self'", *origins_of(_PICTURES, MEDIA_URL)])
)
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024

# --- Language and time ------------------------------------------------------------------------------------------------
LANGUAGE_CODE = "en"
LANGUAGES = [("es", "Español"), ("en", "English"), ("pt", "Português")]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"
FORMAT_MODULE_PATH = ["config.formats"]
SHOP_TIME_ZONE = config("SHOP_TIME_ZONE", default="America/Caracas")  # in which mails and the admin tell the time

# --- Marketing: only to those who have asked for it -------------------------------------------------------------------
# when nothing of it is sent, by SHOP_TIME_ZONE; the same moment twice is never
MARKETING_QUIET_HOURS = tuple(
    config("MARKETING_QUIET_HOURS", default="21:00-08:00", cast=Csv(cast=time.fromisoformat, delimiter="-"))
)
REVIEW_INVITATION_DAYS = config("REVIEW_INVITATION_DAYS", default=7, cast=int)  # after delivery; 0: nobody is invited
ABANDONED_CART_HOURS = config("ABANDONED_CART_HOURS", default=24, cast=int)  # 0: nobody is reminded

# --- Logs -------------------------------------------------------------------------------------------------------------
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {
        "request_id": {"()": "apps.common.logs.RequestIdFilter"},
        "tokens": {"()": "apps.common.logs.TokenFilter"},
    },
    "formatters": {"line": {"format": "{asctime} {levelname} {name} [{request_id}] {message}", "style": "{"}},
    "handlers": {
        "console": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["request_id", "tokens"]}
    },
    "root": {"handlers": ["console"], "level": config("LOG_LEVEL", default="INFO")},
    "loggers": {"httpx": {"level": "WARNING"}},  # it would write out addresses, and some carry a key
}
