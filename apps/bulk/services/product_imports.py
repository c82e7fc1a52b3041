"""Product files that are brought in beside the web: taken, run one at a time, and told of while they run.

Each is made, and what came of it noted, in one transaction. So a worker that dies leaves nothing half done, and the
next one begins anew. How far it is, is written over a second connection: nobody sees what that transaction writes.
"""

from __future__ import annotations

import logging
from datetime import timedelta
from time import monotonic
from typing import Any

from django.db import Error, OperationalError, connection, transaction
from django.db.models import F
from django.db.models.functions import Now

from apps.bulk.events import ProductImportWanted
from apps.bulk.exceptions import ProductImportNotPossible
from apps.bulk.foreign import Look
from apps.bulk.models import NEXT_IMPORT_STATUSES, ImportStatus, ProductImport
from apps.bulk.selectors import product_imports
from apps.bulk.services.importing import ImportRefused, ImportReport, keep_other_imports_out
from apps.bulk.services.uploads import import_upload
from apps.common.exceptions import DomainError
from apps.common.history import acting
from apps.outbox import services as outbox
from apps.stores.models import Store

log = logging.getLogger(__name__)

MOST_ATTEMPTS = 3
LOOKED_AT_IS_KEPT = timedelta(days=1)
SECONDS_BETWEEN_NEWS = 1

_UNDER_WAY = [ImportStatus.WAITING, ImportStatus.RUNNING]
_FAULT = "Something went wrong in the shop, not in the file. Nothing was changed; whoever runs the shop finds why."
_TOO_OFTEN = f"It did not come to an end in {MOST_ATTEMPTS} attempts. Nothing was changed; split the file."


@transaction.atomic
def begin_import(
    *,
    store: Store,
    file_name: str,
    content: bytes,
    kind: str,
    look: Look,
    is_dry_run: bool,
    skip_bad_rows: bool = False,
    set_stock: bool = False,
    actor_id: int,
) -> ProductImport:
    """Take a product file of at most `MOST_BYTES`, see `import_upload`; it is brought in soon after."""
    wanted = ProductImport.objects.create(
        store=store,
        actor_id=actor_id,
        kind=kind,
        file_name=file_name.replace("\0", "")[:100],
        content=content,
        is_dry_run=is_dry_run,
        skip_bad_rows=skip_bad_rows,
        set_stock=set_stock,
        product_type=look.product_type,
        vendor_attribute=look.vendor_attribute,
    )
    outbox.publish(ProductImportWanted(import_id=wanted.pk))
    return product_imports().get(pk=wanted.pk)


@transaction.atomic
def make_import(*, import_id: int, actor_id: int) -> ProductImport:
    """Bring in the same file that was looked at, soon after.

    Raises:
        ProductImportNotPossible: it was no dry run, has bad rows, is being brought in already, or the file has gone.
    """
    looked_at = product_imports().select_for_update(no_key=True, of=["self"]).get(pk=import_id)
    if not looked_at.can_be_made:
        bad = "Only a dry run that has ended, and without bad rows, can be brought in."
        gone = "The file was kept for a day and has gone; upload it again."
        raise ProductImportNotPossible(gone if looked_at.would_be_written else bad, status=looked_at.status)
    _move(
        looked_at,
        ImportStatus.WAITING,
        is_dry_run=False,
        actor_id=actor_id,
        report=None,
        ended_at=None,
        attempts=0,
        done=0,
        total=0,
    )
    outbox.publish(ProductImportWanted(import_id=import_id))
    return product_imports().get(pk=import_id)


def run_imports() -> None:
    """Bring in all that wait, the oldest first; what another process is at is left to that one."""
    under_way = ProductImport.objects.filter(status__in=_UNDER_WAY).order_by("pk").values_list("pk", flat=True)
    while (import_id := under_way.first()) and run_import(import_id=import_id):
        pass


def run_import(*, import_id: int) -> bool:
    """Bring a file in, all of it or nothing. Twice, or two at once, is once.

    Returns False while another import is running, and then has to be asked again.

    Raises:
        OperationalError: the database is away, or too busy; asked again it begins anew, at most `MOST_ATTEMPTS` times.
    """
    try:
        if _claim(import_id):
            _run(import_id)
    except ImportRefused:
        return False
    return True


@transaction.atomic
def _claim(import_id: int) -> bool:
    """Whether there is something to do. Under the lock, so that whoever finds it `running` knows that nobody is."""
    keep_other_imports_out()
    wanted = product_imports().filter(pk=import_id, status__in=_UNDER_WAY).first()
    if wanted is None:
        return False
    if wanted.attempts >= MOST_ATTEMPTS:
        _end(wanted, ImportStatus.FAILED, problem=_TOO_OFTEN)
        return False
    _move(wanted, ImportStatus.RUNNING, attempts=F("attempts") + 1, begun_at=Now(), done=0, total=0)
    return True


@transaction.atomic
def _run(import_id: int) -> None:
    keep_other_imports_out()
    wanted = ProductImport.objects.select_related("store").filter(pk=import_id, status=ImportStatus.RUNNING).first()
    if wanted is None:  # another one has come in between
        return
    news = _News(import_id)
    try:
        with acting(lambda: {"user": wanted.actor_id, "through": str(wanted).lower()}):
            report = _bring_in(wanted, news)
    except DomainError as refusal:
        _end(wanted, ImportStatus.REFUSED, problem=refusal.detail)
    except OperationalError:
        raise
    except Exception:  # the page that waits must hear of whatever it was
        log.exception("%s failed", wanted)
        _end(wanted, ImportStatus.FAILED, problem=_FAULT)
    else:
        _end(wanted, ImportStatus.ENDED, report=_storable(report), done=news.done, total=news.total)
    finally:
        news.close()


def _bring_in(wanted: ProductImport, news: _News) -> ImportReport:
    return import_upload(
        content=bytes(wanted.content),
        kind=wanted.kind,
        look=Look(wanted.product_type, wanted.vendor_attribute),
        store=wanted.store,
        is_dry_run=wanted.is_dry_run,
        skip_bad_rows=wanted.skip_bad_rows,
        set_stock=wanted.set_stock,
        actor_id=wanted.actor_id,
        progress=news,
    )


class _News:
    """Tells how far an import is, at most once a second. What cannot be told is no reason to stop."""

    def __init__(self, import_id: int) -> None:
        self._import_id = import_id
        self._connection = connection.copy()
        self._next_at = 0.0
        self.done = self.total = 0

    def __call__(self, done: int, total: int) -> None:
        self.done, self.total = done, total
        if monotonic() < self._next_at:
            return
        self._next_at = monotonic() + SECONDS_BETWEEN_NEWS
        try:
            with self._connection.cursor() as cursor:
                cursor.execute(_TELL, [done, total, self._import_id])
        except Error as error:
            log.warning("nobody hears how far import %s is: %s", self._import_id, error)

    def close(self) -> None:
        self._connection.close()


_TELL = "UPDATE bulk_productimport SET done = %s, total = %s, updated_at = statement_timestamp() WHERE id = %s"


def _storable(report: ImportReport) -> dict[str, Any]:
    """As JSON without what PostgreSQL does not store: reasons repeat what stands in files."""

    def text(said: str) -> str:
        return said.replace("\0", "\ufffd").encode(errors="replace").decode()

    data = report.as_json()
    for problem in data["problems"]:
        problem.update(column=text(problem["column"]), reason=text(problem["reason"]))
    return data


def _end(wanted: ProductImport, status: ImportStatus, **values: Any) -> None:
    """Note what came of it. The file is kept only where somebody may want it to be made so."""
    wanted.status, wanted.report = status, values.get("report")
    if not wanted.would_be_written:
        values["content"] = b""
    if "problem" in values:
        values["problem"] = values["problem"].replace("\0", "\ufffd")[:500]
    _move(wanted, status, ended_at=Now(), **values)


def _move(wanted: ProductImport, status: ImportStatus, **values: Any) -> None:
    before = [old for old, following in NEXT_IMPORT_STATUSES.items() if status in following]
    imports = ProductImport.objects.filter(pk=wanted.pk, status__in=before)
    if not imports.update(status=status, updated_at=Now(), **values):
        now = ProductImport.objects.values_list("status", flat=True).get(pk=wanted.pk)
        raise ProductImportNotPossible(f"It is {now} already.", status=now)


def forget_looked_at_files() -> int:
    """Empty files that were looked at a day ago and not brought in since; returns how many."""
    old = ProductImport.objects.filter(status=ImportStatus.ENDED, ended_at__lt=Now() - LOOKED_AT_IS_KEPT)
    return old.exclude(content=b"").update(content=b"", updated_at=Now())
