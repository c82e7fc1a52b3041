"""What settings read, what they refuse."""

import importlib
import os
import re
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

READ = re.compile(r"""\bconfig\(\s*["']([A-Z0-9_]+)["']""")
LISTED = re.compile(r"^#([A-Z0-9_]+)=", re.MULTILINE)
FIT = {
    "PATH": os.environ["PATH"],
    "DJANGO_SETTINGS_MODULE": "config.settings.production",
    "SECRET_KEY": "x" * 50,
    "DATABASE_URL": "postgresql://shop@db.example/shop",
    "REDIS_URL": "redis://redis.example:6379/0",
    "ALLOWED_HOSTS": "api.shop.example,.shop.example",
    "SITE_URL": "https://api.shop.example",
    "STOREFRONT_URL": "https://shop.example/",
}


def start(environment, show="SECRET_KEY"):
    """A process of its own, which takes a second."""
    code = f"from django.conf import settings; print(settings.{show})"
    return subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True)


def test_every_setting_is_in_the_example_and_nothing_else():
    by_compose = re.findall(r"\$\{([A-Z_]+)", (settings.BASE_DIR / "docker-compose.yml").read_text())
    read = {
        name for file in Path(settings.BASE_DIR / "config").rglob("*.py") for name in READ.findall(file.read_text())
    }

    assert set(LISTED.findall((settings.BASE_DIR / ".env.example").read_text())) == read.union(by_compose)


def test_each_has_one_line_that_says_why_right_above_it():
    lines = (settings.BASE_DIR / ".env.example").read_text().splitlines()

    for above, line in pairwise(lines):
        if LISTED.match(line):
            assert re.fullmatch(r"# .+\.", above), line


@pytest.fixture
def read(monkeypatch):
    """Read production's settings anew, in this process and in another environment."""

    def read(environment):
        for name in list(os.environ):
            monkeypatch.delenv(name)
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        for name in ("config.settings.base", "config.settings.production"):
            monkeypatch.delitem(sys.modules, name, raising=False)
        importlib.import_module("config.settings.production")

    return read


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"SECRET_KEY": ""}, "SECRET_KEY"),
        ({"SECRET_KEY": "short"}, "SECRET_KEY"),
        ({"DATABASE_URL": ""}, "DATABASE_URL"),
        ({"REDIS_URL": ""}, "REDIS_URL"),
        ({"ALLOWED_HOSTS": ""}, "ALLOWED_HOSTS"),
        ({"ALLOWED_HOSTS": "api.shop.example,*"}, "ALLOWED_HOSTS"),
        ({"DEBUG": "true"}, "DEBUG"),
        ({"SITE_URL": "http://api.shop.example"}, "SITE_URL"),
        ({"STOREFRONT_URL": "http://shop.example"}, "STOREFRONT_URL"),
        ({"STRIPE_SECRET_KEY": "sk_live_x"}, "STRIPE_WEBHOOK_SECRET"),
        ({"STRIPE_API_BASE": "http://127.0.0.1:8100/stripe"}, "STRIPE_API_BASE"),
        ({"PAYPAL_CLIENT_ID": "x"}, "PAYPAL_WEBHOOK_ID"),
        ({"PAYPAL_BASE_URL": "http://127.0.0.1:8100/paypal"}, "PAYPAL_BASE_URL"),
        ({"TWILIO_ACCOUNT_SID": "AC1"}, "TWILIO_AUTH_TOKEN"),
        ({"TWILIO_BASE_URL": "http://api.twilio.example"}, "TWILIO_BASE_URL"),
        ({"PAYPAL_CERT_ORIGINS": "https://api.paypal.com,http://127.0.0.1:8100"}, "PAYPAL_CERT_ORIGINS"),
        ({"PAYSTACK_BASE_URL": "http://127.0.0.1:8100/paystack"}, "PAYSTACK_BASE_URL"),
        ({"FX_BCV_URL": "http://www.bcv.org.ve"}, "FX_BCV_URL"),
    ],
)
def test_production_does_not_start_unfit_and_names_the_setting(read, change, name):
    with pytest.raises(ImproperlyConfigured, match=rf"^{name} is missing or unfit: "):
        read(FIT | change)


def test_a_start_that_is_refused_ends_with_that_sentence_and_no_success():
    ended = start(FIT | {"SECRET_KEY": "short"})

    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr.splitlines()[-1].startswith(
        "django.core.exceptions.ImproperlyConfigured: SECRET_KEY is missing or unfit: "
    )


TRUSTED = {
    "CORS_ALLOWED_ORIGINS": "['https://shop.example']",
    "CSRF_TRUSTED_ORIGINS": "['https://api.shop.example', 'https://*.shop.example']",
    "SESSION_COOKIE_SECURE": "True",
    "SECURE_SSL_REDIRECT": "True",
    "DATABASES['default']['HOST']": "db.example",
}


@pytest.fixture(scope="module")
def of_production():
    """What these settings are, from one start."""
    shown = ["SECRET_KEY", *TRUSTED]
    said = start(FIT, show=", settings.".join(shown) + ", sep='\\n'").stdout
    return dict(zip(shown, said.splitlines(), strict=True))


def test_production_starts_with_what_the_example_asks_of_it(of_production):
    assert of_production["SECRET_KEY"] == FIT["SECRET_KEY"]


@pytest.mark.parametrize(("setting", "value"), TRUSTED.items())
def test_production_trusts_only_its_own(of_production, setting, value):
    assert of_production[setting] == value
