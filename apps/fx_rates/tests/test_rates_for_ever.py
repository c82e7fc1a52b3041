from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from apps.common import audit
from apps.fx_rates.models import ExchangeRateLog, ExchangeRateSnapshot
from apps.fx_rates.tests.factories import AnswerFactory, ManualRateFactory, RateFactory

pytestmark = pytest.mark.django_db


def refused(write):
    with pytest.raises(IntegrityError), transaction.atomic():
        write()
    return True


def test_a_rate_is_neither_changed_nor_deleted():
    rate = ExchangeRateSnapshot.objects.filter(pk=RateFactory().pk)

    assert refused(lambda: rate.update(rate=1))
    assert refused(lambda: rate.update(expires_at=timezone.now()))
    assert refused(rate.delete)


def test_a_manual_rate_may_end_sooner_and_nothing_else():
    made = ManualRateFactory()
    rate = ExchangeRateSnapshot.objects.filter(pk=made.pk)

    assert rate.update(expires_at=timezone.now()) == 1
    assert refused(lambda: rate.update(expires_at=made.expires_at + timedelta(hours=1)))
    assert refused(lambda: rate.update(expires_at=None))
    assert refused(lambda: rate.update(expires_at=timezone.now() - timedelta(minutes=1), rate=1))


def test_what_a_source_said_is_neither_changed_nor_deleted():
    answer = ExchangeRateLog.objects.filter(pk=AnswerFactory().pk)

    assert refused(lambda: answer.update(rate=1))
    assert refused(answer.delete)


@pytest.mark.parametrize("rate", ["0", "-1", "NaN"])
def test_a_rate_is_positive_and_finite(rate):
    answer = AnswerFactory()
    statement = (
        "INSERT INTO fx_rates_exchangeratesnapshot (public_id, base_currency, currency, rate, source, kind, value_date,"
        " effective_at, reason, actor, log_id) VALUES (gen_random_uuid(), 'USD', 'VES', %s, 'bcv', 'official',"
        " current_date, now(), '', 'shop', %s)"
    )

    assert refused(lambda: connection.cursor().execute(statement, [rate, answer.pk]))


@pytest.mark.parametrize(
    "flaw",
    [
        {"kind": "aggregate", "source": "open_er_api"},
        {"kind": "parallel", "log": None},
        {"currency": "USD"},
        {"expires_at": timezone.now()},
        {"log": None},
    ],
)
def test_the_database_refuses_what_is_no_rate(flaw):
    assert refused(lambda: RateFactory(**flaw))


@pytest.mark.parametrize("flaw", [{"reason": ""}, {"expires_at": None}, {"actor": "shop"}])
def test_a_manual_rate_says_who_why_and_until_when(flaw):
    assert refused(lambda: ManualRateFactory(**flaw))


def test_the_audit_finds_a_rate_that_differs_from_its_answer():
    RateFactory()
    assert list(audit.run()) == []

    rate = RateFactory(rate=Decimal(800), log=AnswerFactory(rate=Decimal(801)))

    (finding,) = audit.run()
    assert (finding.invariant.code, [row["id"] for row in finding.rows]) == ("X3", [rate.pk])
