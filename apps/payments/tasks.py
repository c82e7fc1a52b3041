from celery import shared_task

from apps.payments import services


@shared_task(name="payments.reconcile_open_payments")
def reconcile_open_payments(**_later: object) -> None:
    """Ask the providers about what is open, in case nobody told us."""
    services.reconcile_open_payments()


@shared_task(name="payments.reconcile_day")
def reconcile_day(**_later: object) -> None:
    """Compare the payments of two days with their providers' books, within what a task may take."""
    services.reconcile_recent_payments(hours=48, seconds=240)


@shared_task(name="payments.delete_old_evidence")
def delete_old_evidence(**_later: object) -> None:
    """Forget what proved payments that nobody can dispute any more."""
    services.delete_old_evidence()
