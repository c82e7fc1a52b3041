from celery import current_app

from apps.bulk import services
from apps.bulk.events import BulkChangeUnderWay, ProductImportWanted
from apps.outbox.events import handles


@handles(BulkChangeUnderWay)
def work_on_bulk_change(event: BulkChangeUnderWay) -> None:
    services.work_on(change_id=event.change_id)


@handles(ProductImportWanted)
def wake_importer(event: ProductImportWanted) -> None:
    """An import may take longer than a delivery's lease, so it has a task of its own; beat asks for that, too."""
    current_app.send_task("bulk.run_imports", retry=False)
