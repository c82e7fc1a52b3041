"""Bulk changes and product files: what was shown, and what became of it."""

from __future__ import annotations

from decimal import Decimal

from django.conf import settings
from django.db import models
from django.db.models import Q

from apps.catalog.models import Product, ProductVariant
from apps.common.models import PublicModel
from apps.inventory.models import StockItem
from apps.stores.models import Store


class Target(models.TextChoices):
    PRICE = "price"
    STOCK = "stock", "units on hand"


class Method(models.TextChoices):
    SET = "set", "set to"
    ADD = "add", "add (with a minus, take away)"
    PERCENT = "percent", "change by percent"
    EACH = "each", "each as the file says"
    UNDO = "undo", "back to what it was"


class ChangeStatus(models.TextChoices):
    PREVIEWED = "previewed"
    APPLYING = "applying"
    APPLIED = "applied"
    DISCARDED = "discarded"


NEXT_STATUSES: dict[str, set[str]] = {
    ChangeStatus.PREVIEWED: {ChangeStatus.APPLYING, ChangeStatus.DISCARDED},
    ChangeStatus.APPLYING: {ChangeStatus.APPLIED},
    ChangeStatus.APPLIED: set(),
    ChangeStatus.DISCARDED: set(),
}


class BulkChange(PublicModel):
    """One rule for many variants of a store. Its rows say what it does to each, before it is done."""

    store = models.ForeignKey(Store, on_delete=models.PROTECT, related_name="bulk_changes")
    target = models.CharField(max_length=5, choices=Target)
    method = models.CharField(max_length=7, choices=Method)
    value = models.DecimalField(max_digits=19, decimal_places=4, null=True, blank=True)
    ending = models.DecimalField(
        max_digits=3, decimal_places=2, null=True, blank=True, help_text="What new prices end in, such as 0.99."
    )
    selection = models.JSONField(default=dict, blank=True, help_text="Which variants were asked for, in words.")
    note = models.CharField(max_length=200, blank=True)
    status = models.CharField(max_length=9, choices=ChangeStatus, default=ChangeStatus.PREVIEWED)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    applied_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    begun_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    undoes = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="undoings")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(target__in=Target.values), name="bulk_target_known"),
            models.CheckConstraint(condition=Q(method__in=Method.values), name="bulk_method_known"),
            models.CheckConstraint(condition=Q(status__in=ChangeStatus.values), name="bulk_status_known"),
            models.CheckConstraint(
                condition=Q(ending=None) | Q(ending__gte=0, ending__lt=1), name="bulk_ending_is_below_one"
            ),
            models.CheckConstraint(
                condition=Q(status__in=["previewed", "discarded"])
                | Q(applied_by__isnull=False, begun_at__isnull=False),
                name="bulk_somebody_said_yes",
            ),
            models.UniqueConstraint(fields=["undoes"], condition=~Q(status="discarded"), name="bulk_undone_once"),
        ]

    def __str__(self) -> str:
        return f"Bulk change {self.pk}"

    @property
    def rule(self) -> str:
        """What it does, in words: "price +10 %, ending in .99"."""
        value = "" if self.value is None else f"{self.value.normalize():f}"
        words = {
            Method.SET: f"set to {value}",
            Method.ADD: f"{'' if value.startswith('-') else '+'}{value}",
            Method.PERCENT: f"{'' if value.startswith('-') else '+'}{value} %",
            Method.EACH: "each as the file says",
            Method.UNDO: f"back to before change {self.undoes_id}",
        }[Method(self.method)]
        ending = "" if self.ending is None else f", ending in {str(self.ending.quantize(Decimal('0.01')))[1:]}"
        return f"{self.get_target_display()} {words}{ending}"


class Outcome(models.TextChoices):
    PLANNED = "planned"
    REFUSED = "refused"  # in the preview
    UNCHANGED = "unchanged"  # it has the value already
    APPLIED = "applied"
    SKIPPED = "skipped"  # it was no longer as the preview had seen it


class BulkChangeRow(models.Model):
    """What the change does to one variant's price, or to one stock item; amounts in the store's currency, or units."""

    change = models.ForeignKey(BulkChange, on_delete=models.CASCADE, related_name="rows")
    place = models.PositiveIntegerField()
    sku = models.CharField(max_length=64)
    variant = models.ForeignKey(ProductVariant, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    stock_item = models.ForeignKey(StockItem, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    before = models.DecimalField(max_digits=19, decimal_places=4, null=True, blank=True)
    after = models.DecimalField(max_digits=19, decimal_places=4, null=True, blank=True)
    outcome = models.CharField(max_length=9, choices=Outcome)
    reason = models.CharField(max_length=200, blank=True, help_text="Why it was refused or skipped.")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["change", "place"], name="bulk_row_place_once"),
            models.CheckConstraint(condition=Q(outcome__in=Outcome.values), name="bulk_outcome_known"),
            models.CheckConstraint(
                condition=~Q(outcome__in=["planned", "applied"]) | Q(before__isnull=False, after__isnull=False),
                name="bulk_row_says_from_what_to_what",
            ),
        ]
        indexes = [models.Index(fields=["change", "outcome", "place"], name="bulk_rows_by_outcome")]

    def __str__(self) -> str:
        return f"{self.sku}: {self.before} to {self.after}"

    @property
    def step(self) -> tuple[Decimal, Decimal]:
        """From what to what; of a row that is planned or applied."""
        if self.before is None or self.after is None:
            raise ValueError(f"nothing is planned for {self.sku}")
        return self.before, self.after


class FileKind(models.TextChoices):
    CSV = "csv", "Our CSV"
    JSONL = "jsonl", "JSONL"
    SHOPIFY = "shopify", "Shopify's CSV"
    WOOCOMMERCE = "woocommerce", "WooCommerce's CSV"


class ImportStatus(models.TextChoices):
    WAITING = "waiting"
    RUNNING = "running"
    ENDED = "ended"  # its report says how
    REFUSED = "refused"  # the file as a whole could not be read
    FAILED = "failed"  # by a fault of ours


NEXT_IMPORT_STATUSES: dict[str, set[str]] = {
    ImportStatus.WAITING: {ImportStatus.RUNNING},
    ImportStatus.RUNNING: {ImportStatus.RUNNING, ImportStatus.ENDED, ImportStatus.REFUSED, ImportStatus.FAILED},
    ImportStatus.ENDED: {ImportStatus.WAITING},  # it was only looked at, and shall be made so now
    ImportStatus.REFUSED: set(),
    ImportStatus.FAILED: set(),
}


class ProductImport(PublicModel):
    """A product file that somebody has brought, how far the shop is with it, and what came of it.

    It is run again when a worker died over it, from the beginning, for an import is all or nothing.
    """

    store = models.ForeignKey(Store, on_delete=models.PROTECT, related_name="product_imports")
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=11, choices=FileKind)
    file_name = models.CharField(max_length=100)
    content = models.BinaryField(help_text="Emptied when nobody can want it any more.")
    is_dry_run = models.BooleanField()
    skip_bad_rows = models.BooleanField(default=False)
    set_stock = models.BooleanField(default=False)
    product_type = models.CharField(max_length=100, blank=True, help_text="For other shops' files: its code.")
    vendor_attribute = models.CharField(max_length=100, blank=True, help_text="For other shops' files: its code.")
    status = models.CharField(max_length=7, choices=ImportStatus, default=ImportStatus.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0, help_text="How often somebody has begun.")
    done = models.PositiveIntegerField(default=0, help_text="Of `total`, written while it runs.")
    total = models.PositiveIntegerField(default=0, help_text="Products, or lines of JSONL; 0 until they are counted.")
    report = models.JSONField(null=True, blank=True)
    problem = models.CharField(max_length=500, blank=True, help_text="Why it was refused or failed.")
    begun_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=FileKind.values), name="product_import_kind_known"),
            models.CheckConstraint(condition=Q(status__in=ImportStatus.values), name="product_import_status_known"),
            models.CheckConstraint(
                condition=Q(status__in=["waiting", "running"], ended_at=None) & ~Q(content=b"")
                | Q(status="ended", is_dry_run=True, ended_at__isnull=False)
                | Q(status__in=["ended", "refused", "failed"], ended_at__isnull=False, content=b""),
                name="product_import_keeps_its_file_while_wanted",
            ),
            models.CheckConstraint(
                condition=Q(status="waiting") | Q(begun_at__isnull=False), name="product_import_has_begun"
            ),
            models.CheckConstraint(
                condition=Q(status="ended", report__isnull=False, problem="")
                | Q(status__in=["refused", "failed"], report__isnull=True) & ~Q(problem="")
                | Q(status__in=["waiting", "running"], report__isnull=True, problem=""),
                name="product_import_says_what_came_of_it",
            ),
        ]
        indexes = [
            models.Index(
                fields=["id"], condition=Q(status__in=["waiting", "running"]), name="product_imports_under_way"
            )
        ]

    def __str__(self) -> str:
        return f"Import {self.pk} of {self.file_name}"

    @property
    def is_under_way(self) -> bool:
        return self.status in (ImportStatus.WAITING, ImportStatus.RUNNING)

    @property
    def would_be_written(self) -> bool:
        """Whether it was only looked at, and no bad row speaks against it."""
        if self.status != ImportStatus.ENDED or not self.is_dry_run or self.report is None:
            return False
        return self.skip_bad_rows or not self.report["problems"]

    @property
    def can_be_made(self) -> bool:
        """Of those from `selectors.product_imports`, which tells of each whether its file is kept."""
        return self.would_be_written and bool(self.is_kept)  # type: ignore[attr-defined]


class WantedPicture(models.Model):
    """A picture that an imported product has elsewhere; an operator fetches it, from hosts that he names."""

    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="wanted_pictures")
    url = models.TextField()
    alt = models.CharField(max_length=200, blank=True)
    position = models.PositiveIntegerField(default=0)
    fetched_at = models.DateTimeField(null=True, blank=True)
    problem = models.CharField(max_length=200, blank=True, help_text="Why it could not be fetched the last time.")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["product", "url"], name="wanted_picture_once")]
        indexes = [models.Index(fields=["id"], condition=Q(fetched_at=None), name="wanted_pictures_to_fetch")]

    def __str__(self) -> str:
        return self.url
