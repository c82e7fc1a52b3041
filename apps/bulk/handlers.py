from apps.bulk import services
from apps.bulk.events import BulkChangeUnderWay
from apps.outbox.events import handles


@handles(BulkChangeUnderWay)
def work_on_bulk_change(event: BulkChangeUnderWay) -> None:
    services.work_on(change_id=event.change_id)
