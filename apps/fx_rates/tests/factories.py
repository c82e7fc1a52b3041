from datetime import timedelta
from decimal import Decimal

import factory
from django.db import transaction
from django.utils import timezone

from apps.fx_rates.bank_days import caracas_date
from apps.fx_rates.models import ExchangeRateAlert, ExchangeRateLog, ExchangeRateSnapshot, RateKind, Verdict
from apps.fx_rates.services.boards import count_up, lock_board


class AnswerFactory(factory.django.DjangoModelFactory):
    """The central bank's page said 784.6633 for today, and it was accepted."""

    class Meta:
        model = ExchangeRateLog

    source = "bcv"
    kind = RateKind.OFFICIAL
    currency = "VES"
    rate = Decimal("784.6633")
    value_date = factory.LazyFunction(lambda: caracas_date(timezone.now()))
    verdict = Verdict.ACCEPTED


class RateFactory(factory.django.DjangoModelFactory):
    """784.6633 bolívares for a dollar, from the central bank, in use since a minute ago."""

    class Meta:
        model = ExchangeRateSnapshot
        skip_postgeneration_save = True

    source = "bcv"
    kind = RateKind.OFFICIAL
    currency = "VES"
    rate = Decimal("784.6633")
    value_date = factory.LazyFunction(lambda: caracas_date(timezone.now()))
    effective_at = factory.LazyFunction(lambda: timezone.now() - timedelta(minutes=1))
    actor = "shop"
    log = factory.SubFactory(
        AnswerFactory,
        source=factory.SelfAttribute("..source"),
        kind=factory.SelfAttribute("..kind"),
        currency=factory.SelfAttribute("..currency"),
        rate=factory.SelfAttribute("..rate"),
        value_date=factory.SelfAttribute("..value_date"),
    )

    @factory.post_generation
    def board(self, create, extracted, **kwargs):
        with transaction.atomic():
            lock_board(self.currency)
            count_up(self.currency)


class ManualRateFactory(RateFactory):
    """790 bolívares by a member of staff, for an hour."""

    source = "manual"
    kind = RateKind.MANUAL
    rate = Decimal(790)
    expires_at = factory.LazyFunction(lambda: timezone.now() + timedelta(hours=1))
    reason = "The central bank's page is down"
    actor = "staff:1"
    log = None


class AlertFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = ExchangeRateAlert

    kind = "large_move"
    currency = "VES"
    key = factory.Sequence(str)
    detail = "The rate has moved by 6 %."
