from celery import shared_task

from apps.bulk import services

MOST_SECONDS = 30 * 60


@shared_task(name="bulk.run_imports", time_limit=MOST_SECONDS)
def run_imports(**_later: object) -> None:
    """Bring in the product files that wait; woken by each new one and by beat."""
    services.run_imports()


@shared_task(name="bulk.forget_looked_at_files")
def forget_looked_at_files(**_later: object) -> None:
    """Forget files that somebody has looked at, and not brought in since."""
    services.forget_looked_at_files()
