"""A cache that is down is one that has nothing: rates are told all the same."""

from decimal import Decimal

import pytest
from rest_framework.test import APIClient

from apps.common.money import Money
from apps.fx_rates import selectors
from apps.fx_rates.tests.factories import RateFactory
from config.settings.base import cache

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def cache_that_is_down(settings):
    settings.CACHES = {"default": cache("redis://127.0.0.1:1/0")}


def test_the_rate_is_told_and_amounts_are_converted():
    made = RateFactory()

    assert selectors.current_rate("VES").snapshot_id == made.pk
    assert selectors.convert(Money(Decimal(1), "USD"), "VES").after == Money(Decimal("784.66"), "VES")


@pytest.mark.parametrize("path", ["current", "history"])
def test_the_api_answers_though_nobody_counts_how_often(path):
    RateFactory()

    assert APIClient().get(f"/api/v1/fx-rates/{path}/", {"currency": "VES"}).status_code == 200
