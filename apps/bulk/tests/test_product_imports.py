"""Product files that are brought in beside the web: once, whole, told of while they run, and to an end."""

import threading
from contextlib import contextmanager
from datetime import timedelta
from time import sleep

import pytest
from django.db import IntegrityError, OperationalError, connection, connections, transaction
from django.utils import timezone

from apps.accounts.tests.factories import UserFactory
from apps.bulk import services
from apps.bulk.exceptions import ProductImportNotPossible
from apps.bulk.foreign import Look
from apps.bulk.models import NEXT_IMPORT_STATUSES, ImportStatus, ProductImport
from apps.bulk.selectors import product_imports
from apps.bulk.services.importing import _LOCK
from apps.bulk.tasks import forget_looked_at_files, run_imports
from apps.catalog.models import Product
from apps.catalog.tests.factories import model_kit_type
from apps.inventory.models import StockItem, StockMovement
from apps.outbox import services as outbox
from apps.outbox.models import Delivery
from apps.stores.tests.factories import StoreFactory

pytestmark = pytest.mark.django_db

HEAD = b"handle,name,product_type,sku,price_usd,stock\n"
ZAKU = HEAD + b"zaku,Zaku,model-kit,Z-1,19.00,7\n"


def brought(content=ZAKU, **said):
    model_kit_type()
    how = {"kind": "csv", "look": Look(""), "is_dry_run": False, **said}
    return services.begin_import(
        store=StoreFactory(), file_name="zaku.csv", content=content, actor_id=UserFactory().pk, **how
    )


def now(wanted):
    return product_imports().get(pk=wanted.pk)


def content_of(wanted):
    return bytes(ProductImport.objects.get(pk=wanted.pk).content)


@pytest.fixture
def somebody_importing():
    """Another connection that holds what an import holds, until it is closed."""
    other = connections["default"].copy()
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [_LOCK])
    yield other
    other.close()


def test_while_another_import_runs_a_file_waits_and_is_not_refused(somebody_importing):
    wanted = brought()

    run_imports(added_tomorrow=True)
    assert (now(wanted).status, now(wanted).attempts) == (ImportStatus.WAITING, 0)
    assert not services.run_import(import_id=wanted.pk)

    somebody_importing.close()
    run_imports()
    assert now(wanted).status == ImportStatus.ENDED


def test_files_are_brought_in_one_after_the_other():
    first = brought()
    second = brought(ZAKU.replace(b",7", b",9"), set_stock=True)

    run_imports()

    assert (now(first).report["created"], now(second).report["stock_corrected"]) == (1, 1)
    assert StockItem.objects.get().on_hand == 9


def test_a_file_that_is_delivered_twice_is_brought_in_once():
    wanted = brought()

    assert services.run_import(import_id=wanted.pk)
    before = now(wanted)
    assert services.run_import(import_id=wanted.pk)

    assert (now(wanted).report, now(wanted).updated_at) == (before.report, before.updated_at)
    assert (before.report["created"], before.attempts, before.done, before.total) == (1, 1, 1, 1)
    assert StockMovement.objects.count() == 1
    assert content_of(wanted) == b""


def test_the_outbox_wakes_the_importer():
    wanted = brought()

    outbox.drain()

    assert Delivery.objects.get().status == "done"
    assert now(wanted).status == ImportStatus.WAITING


def test_an_import_whose_worker_died_three_times_fails_with_a_sentence():
    wanted = brought()
    ProductImport.objects.update(status=ImportStatus.RUNNING, begun_at=timezone.now(), attempts=3)

    run_imports()

    assert now(wanted).status == ImportStatus.FAILED
    assert now(wanted).problem == "It did not come to an end in 3 attempts. Nothing was changed; split the file."
    assert content_of(wanted) == b""
    assert not Product.objects.exists()


def test_what_nobody_has_foreseen_fails_with_a_sentence_and_changes_nothing(caplog):
    wanted = brought()
    with connection.cursor() as cursor:  # a rule of the database that the code does not know
        cursor.execute("ALTER TABLE inventory_stockitem ADD CONSTRAINT never CHECK (on_hand <> 7)")

    run_imports()

    assert now(wanted).status == ImportStatus.FAILED
    assert now(wanted).problem.startswith("Something went wrong in the shop, not in the file.")
    assert not Product.objects.exists()
    assert str(wanted) + " failed" in caplog.text


def test_reasons_that_repeat_what_no_table_holds_are_kept_without_it():
    cell, head = brought(ZAKU.replace(b"19.00", b"1\0")), brought(ZAKU.replace(b"stock", b"st\0ck"))

    run_imports()

    (problem,) = now(cell).report["problems"]
    assert (problem["column"], problem["reason"]) == ("price_usd", "“1\ufffd” is no amount; write it like 12.50.")
    assert now(head).problem == "The header has a column that we do not know: st\ufffdck."


def test_a_file_that_was_looked_at_is_kept_for_a_day():
    young, old = brought(is_dry_run=True), brought(is_dry_run=True)
    run_imports()
    ProductImport.objects.filter(pk=old.pk).update(ended_at=timezone.now() - timedelta(hours=25))

    forget_looked_at_files(added_tomorrow=True)

    assert (content_of(young), content_of(old)) == (ZAKU, b"")
    assert (now(young).can_be_made, now(old).can_be_made) == (True, False)
    with pytest.raises(ProductImportNotPossible, match="upload it again"):
        services.make_import(import_id=old.pk, actor_id=old.actor_id)
    assert now(old).status == ImportStatus.ENDED


def test_a_file_that_nobody_can_want_again_is_forgotten_at_once():
    bad, made = brought(ZAKU.replace(b"19.00", b"x"), is_dry_run=True), brought()
    run_imports()
    waiting = brought()
    forget_looked_at_files()

    assert (content_of(bad), content_of(made), content_of(waiting)) == (b"", b"", ZAKU)


@pytest.mark.parametrize("status", [status for status in ImportStatus if status != ImportStatus.ENDED])
def test_only_what_has_ended_is_made_so(status):
    assert ImportStatus.WAITING not in NEXT_IMPORT_STATUSES[status]


@pytest.mark.parametrize(
    "change",
    [
        {"content": b""},
        {"status": "running"},
        {"status": "ended", "ended_at": timezone.now(), "begun_at": timezone.now(), "content": b""},
        {"problem": "It hides."},
        {"kind": "exe"},
    ],
    ids=["no file", "never begun", "ended without a report", "a problem while it waits", "another kind"],
)
def test_the_database_holds_nothing_that_makes_no_sense(change):
    brought()

    with pytest.raises(IntegrityError), transaction.atomic():
        ProductImport.objects.update(**change)


# --- Seen from outside while it runs ----------------------------------------------------------------------------------


class Worker(threading.Thread):
    """Runs an import on a connection of its own, which waits for a lock as long as it takes."""

    def __init__(self, wanted):
        super().__init__()
        self.wanted, self.error, self.backend = wanted, None, None

    def run(self):
        try:
            with connection.cursor() as cursor:
                cursor.execute("SET lock_timeout = 0")
                cursor.execute("SELECT pg_backend_pid()")
                self.backend = cursor.fetchone()[0]
            services.run_import(import_id=self.wanted.pk)
        except OperationalError as error:
            self.error = error
        finally:
            connections.close_all()


@contextmanager
def in_the_midst_of(wanted):
    """The products are saved and not yet committed; the stock waits for a row that we hold."""
    worker = Worker(wanted)
    with transaction.atomic():
        StockItem.objects.select_for_update().get()
        worker.start()
        while now(wanted).done == 0 and worker.is_alive():
            sleep(0.01)
        yield worker
    worker.join()


@pytest.fixture
def recount():
    """An import that also corrects stock that is on the books."""
    run_first = brought()
    run_imports()
    assert now(run_first).status == ImportStatus.ENDED
    return brought(ZAKU.replace(b",7", b",5").replace(b"Zaku", b"Zaku II"), set_stock=True)


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_everybody_sees_how_far_an_import_is_and_nobody_what_it_has_not_finished(recount):
    with in_the_midst_of(recount):
        seen = now(recount)
        assert (seen.status, seen.done, seen.total, seen.report) == (ImportStatus.RUNNING, 1, 1, None)
        assert Product.objects.get().name == "Zaku"

    assert (now(recount).status, now(recount).report["stock_corrected"]) == (ImportStatus.ENDED, 1)
    assert Product.objects.get().name == "Zaku II"


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_of_two_who_are_asked_at_once_one_brings_the_file_in(recount):
    with in_the_midst_of(recount):
        assert services.run_import(import_id=recount.pk) is False
        run_imports()

    assert services.run_import(import_id=recount.pk) is True
    assert (now(recount).report["stock_corrected"], now(recount).attempts) == (1, 1)
    assert list(StockMovement.objects.order_by("pk").values_list("delta", flat=True)) == [7, -2]


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_an_import_whose_worker_died_in_the_midst_begins_anew_and_is_made_once(recount):
    with in_the_midst_of(recount) as worker, connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s, 10000)", [worker.backend])
        worker.join()
        assert worker.error is not None
        assert now(recount).status == ImportStatus.RUNNING

    assert Product.objects.get().name == "Zaku"
    run_imports()

    assert (now(recount).status, now(recount).attempts) == (ImportStatus.ENDED, 2)
    assert list(StockMovement.objects.order_by("pk").values_list("delta", flat=True)) == [7, -2]
