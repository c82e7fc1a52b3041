"""Rates in use and the answers they came from, which never change, and alerts for staff."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils import timezone

from apps.common.models import PublicModel
from apps.common.money import Money

BASE = "USD"  # every source quotes against the dollar
OFFICIAL_ONLY = ["VES"]  # by law prices in bolívares follow the central bank


class RateKind(models.TextChoices):
    """Who stands behind a figure. There is no kind for parallel rates, so that none can be stored as a rate."""

    OFFICIAL = "official"  # the central bank, or who repeats it
    AGGREGATE = "aggregate"  # a company that mixes market feeds
    MANUAL = "manual"  # staff, for a while and for a reason


class Verdict(models.TextChoices):
    """What became of one answer."""

    ACCEPTED = "accepted"  # it is a rate now
    CONFIRMED = "confirmed"  # it says what is held already
    REFERENCE = "reference"  # an aggregate, only compared with the official rate
    NEEDS_APPROVAL = "needs_approval"
    REFUSED = "refused"
    FAILED = "failed"  # no figure could be read


class Reason(models.TextChoices):
    """Why an answer was not taken."""

    NOT_POSITIVE = "not_positive"
    TOO_FAR_AHEAD = "too_far_ahead"
    OLDER_THAN_HELD = "older_than_held"
    STALE = "stale"
    SOURCES_DISAGREE = "sources_disagree"
    BEYOND_DEVIATION = "beyond_deviation"
    NO_NEIGHBOUR = "no_neighbour"
    AGGREGATE_APART = "aggregate_apart"
    UNREACHABLE = "unreachable"
    REFUSED_BY_SOURCE = "refused_by_source"
    UNREADABLE = "unreadable"
    WRONG_CURRENCY = "wrong_currency"
    PARALLEL_RATE = "parallel_rate"


class ExchangeRateBoard(models.Model):
    """One row per currency: whoever changes its rates locks it and gives it a new `version` with the change."""

    currency = models.CharField(max_length=3, unique=True)
    version = models.PositiveBigIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.currency} #{self.version}"


class ExchangeRateLog(models.Model):
    """One source's answer for one currency, as it came, with what we thought of it; never changed, never deleted."""

    source = models.CharField(max_length=30)
    kind = models.CharField(max_length=10, choices=RateKind)
    base_currency = models.CharField(max_length=3, default=BASE)
    currency = models.CharField(max_length=3, blank=True, help_text="Empty: the answer could not be read.")
    rate = models.DecimalField(max_digits=20, decimal_places=10, null=True)
    value_date = models.DateField(null=True)
    raw = models.TextField(blank=True)
    verdict = models.CharField(max_length=14, choices=Verdict)
    reason = models.CharField(max_length=20, choices=Reason, blank=True)
    detail = models.CharField(max_length=300, blank=True)
    fetched_at = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name = "answer"
        constraints = [
            models.CheckConstraint(condition=Q(verdict__in=Verdict.values), name="rate_log_verdict_known"),
            models.CheckConstraint(condition=Q(kind__in=["official", "aggregate"]), name="rate_log_kind_known"),
            models.CheckConstraint(
                condition=Q(verdict="failed") | Q(rate__isnull=False, value_date__isnull=False),
                name="rate_log_has_a_figure_or_failed",
            ),
        ]
        indexes = [
            models.Index(fields=["source", "-id"], name="rate_log_by_source"),
            models.Index(fields=["currency", "-id"], name="rate_log_by_currency"),
        ]

    def __str__(self) -> str:
        return f"{self.source} {self.currency} {self.verdict}"

    def figure(self) -> tuple[Decimal, date]:
        """The rate and its value date; only for an answer that could be read."""
        if self.rate is None or self.value_date is None:
            raise ValueError(f"{self} has no figure")
        return self.rate, self.value_date


class ExchangeRateSnapshot(PublicModel):
    """A rate: so many `currency` for one `base_currency`, from `effective_at` until a newer one; kept for ever."""

    base_currency = models.CharField(max_length=3, default=BASE)
    currency = models.CharField(max_length=3)
    rate = models.DecimalField(max_digits=20, decimal_places=10)
    source = models.CharField(max_length=30)
    kind = models.CharField(max_length=10, choices=RateKind)
    value_date = models.DateField(help_text="The bank day in Caracas from which it holds.")
    effective_at = models.DateTimeField(help_text="When the shop began to use it, or will.")
    expires_at = models.DateTimeField(null=True, blank=True, help_text="Manual rates only.")
    reason = models.CharField(max_length=300, blank=True)
    actor = models.CharField(max_length=40, help_text='"shop", or the "staff:<id>" who set or released it.')
    log = models.OneToOneField(ExchangeRateLog, on_delete=models.PROTECT, null=True, related_name="snapshot")

    class Meta:
        verbose_name = "rate"
        constraints = [
            models.CheckConstraint(
                condition=Q(rate__gt=0, rate__lt=Decimal(10) ** 10),  # NaN is above every number
                name="rate_positive_and_finite",
            ),
            models.CheckConstraint(condition=Q(kind__in=RateKind.values), name="rate_kind_known"),
            models.CheckConstraint(condition=~Q(currency=F("base_currency")), name="rate_between_two_currencies"),
            models.CheckConstraint(
                condition=~Q(currency__in=OFFICIAL_ONLY) | ~Q(kind="aggregate"), name="rate_official_where_the_law_says"
            ),
            models.CheckConstraint(
                condition=Q(kind="manual", expires_at__isnull=False, log=None) & ~Q(reason="") & ~Q(actor="shop")
                | ~Q(kind="manual") & Q(expires_at=None, log__isnull=False),
                name="rate_by_hand_says_why_and_until_when",
            ),
        ]
        indexes = [
            models.Index(
                fields=["currency", "-value_date", "-id"], condition=~Q(kind="manual"), name="rate_newest_accepted"
            ),
            models.Index(fields=["currency", "-id"], condition=Q(kind="manual"), name="rate_by_hand"),
        ]

    def __str__(self) -> str:
        return f"{self.rate.normalize():f} {self.currency} per {self.base_currency} ({self.source}, {self.value_date})"

    def is_in_force_by_hand(self) -> bool:
        """A manual rate whose time is not over."""
        return self.expires_at is not None and timezone.now() < self.expires_at


class AlertKind(models.TextChoices):
    LARGE_MOVE = "large_move"
    NEEDS_APPROVAL = "needs_approval"
    SOURCES_DISAGREE = "sources_disagree"
    AGGREGATE_APART = "aggregate_apart"
    NOTHING_NEW = "nothing_new", "No new value"
    SOURCE_FAILING = "source_failing"


class ExchangeRateAlert(PublicModel):
    """Something about rates that staff should look at, told once; `key` says what it is about."""

    kind = models.CharField(max_length=20, choices=AlertKind)
    currency = models.CharField(max_length=3, blank=True)
    key = models.CharField(max_length=120)
    detail = models.CharField(max_length=300)
    change_percent = models.DecimalField(max_digits=14, decimal_places=2, null=True)
    log = models.ForeignKey(ExchangeRateLog, on_delete=models.PROTECT, null=True, related_name="alerts")
    acknowledged_at = models.DateTimeField(null=True, blank=True)
    acknowledged_by = models.CharField(max_length=40, blank=True)
    note = models.CharField(max_length=300, blank=True)

    class Meta:
        verbose_name = "rate alert"
        constraints = [
            models.UniqueConstraint(fields=["kind", "currency", "key"], name="rate_alert_once"),
            models.CheckConstraint(condition=Q(kind__in=AlertKind.values), name="rate_alert_kind_known"),
            models.CheckConstraint(
                condition=Q(acknowledged_at=None, acknowledged_by="")
                | Q(acknowledged_at__isnull=False) & ~Q(acknowledged_by=""),
                name="rate_alert_acknowledged_by_somebody",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.currency}".strip()

    @property
    def is_acknowledged(self) -> bool:
        return self.acknowledged_at is not None


class ExchangeQuote(PublicModel):
    """A promise: this much in another currency stands for that much, until `expires_at`. Written once, kept for ever.

    `amount` is `base_amount` × `rate`, rounded half up to the currency once; what is charged, mailed, exported and
    given back by this quote is that figure. `through` is the second rate where neither side is the dollar.
    """

    base_amount = models.DecimalField(max_digits=19, decimal_places=4)
    base_currency = models.CharField(max_length=3)
    amount = models.DecimalField(max_digits=19, decimal_places=4)
    currency = models.CharField(max_length=3)
    rate = models.DecimalField(max_digits=20, decimal_places=10)
    rounding = models.CharField(max_length=20, default="half_up")
    snapshot = models.ForeignKey(ExchangeRateSnapshot, on_delete=models.PROTECT, related_name="+")
    through = models.ForeignKey(ExchangeRateSnapshot, on_delete=models.PROTECT, null=True, related_name="+")
    source = models.CharField(max_length=30)
    value_date = models.DateField()
    is_fallback = models.BooleanField(default=False)
    margin_percent = models.DecimalField(max_digits=7, decimal_places=3, default=Decimal(0))
    expires_at = models.DateTimeField()

    class Meta:
        verbose_name = "quote"
        constraints = [
            models.CheckConstraint(condition=Q(base_amount__gt=0, amount__gt=0), name="quote_amounts_positive"),
            models.CheckConstraint(condition=Q(rate__gt=0, rate__lt=Decimal(10) ** 10), name="quote_rate_positive"),
            models.CheckConstraint(condition=~Q(currency=F("base_currency")), name="quote_between_two_currencies"),
        ]

    def __str__(self) -> str:
        return f"{self.before} = {self.after}"

    @property
    def figure(self) -> str:
        """The rate as people write it, without idle zeros."""
        return f"{self.rate.normalize():f}"

    def share(self, part: Money) -> Money:
        """What a part of the quoted amount makes by the same rate, rounded once; the whole makes what was promised."""
        if part == self.before:
            return self.after
        return Money(part.amount * self.rate, self.currency).rounded()

    @property
    def before(self) -> Money:
        return Money(self.base_amount, self.base_currency)

    @property
    def after(self) -> Money:
        return Money(self.amount, self.currency)
