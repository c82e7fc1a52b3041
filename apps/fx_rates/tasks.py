import logging

from celery import shared_task

from apps.fx_rates import services
from apps.fx_rates.exceptions import FetchRunning

log = logging.getLogger(__name__)


@shared_task(name="fx_rates.fetch_rates")
def fetch_rates(**_later: object) -> None:
    """Ask the sources that are due; beat comes by every minute, and their intervals decide."""
    try:
        services.fetch_rates()
    except FetchRunning:
        log.info("the rate sources are being asked already")
