import os
import subprocess
import sys

import pytest
from django.conf import settings

from apps.fx_rates.providers import configured_sources

SOUND = {
    "SECRET_KEY": "x" * 50,
    "DATABASE_URL": "postgresql://shop@db/shop",
    "REDIS_URL": "redis://cache:6379/0",
    "ALLOWED_HOSTS": "api.shop.example",
    "SITE_URL": "https://api.shop.example",
    "STOREFRONT_URL": "https://shop.example",
}


def start(**variables):
    environment = {"PATH": os.environ["PATH"], **SOUND, **variables}
    command = [sys.executable, "-c", "import config.settings.production"]
    return subprocess.run(command, cwd=settings.BASE_DIR, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("name", ["FX_BCV_URL", "FX_EXCHANGERATE_HOST_URL"])
def test_production_does_not_start_with_a_rate_source_in_plain_http(name):
    end = start(**{name: "http://rates.example"})

    assert end.returncode == 1
    assert end.stderr.splitlines()[-1].endswith(
        f"{name} is missing or unfit: companies outside are reached over https only."
    )


def test_production_starts_with_the_sources_own_addresses():
    assert start().returncode == 0


def test_sources_keep_the_owners_order_and_those_without_their_key_are_left_out(settings):
    settings.FX_SOURCES = ["open_exchange_rates", "dolarapi", "pydolarve", "bcv"]
    settings.FX_PYDOLARVE_KEY = "a-key"

    assert [source.code for source in configured_sources()] == ["dolarapi", "pydolarve", "bcv"]
