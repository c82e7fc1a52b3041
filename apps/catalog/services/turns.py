"""What turns by the clock: documents whose offers or windows begin or end are written anew when their moment has come.

Nothing waits for that but the documents: carts and checkout judge by the clock themselves. Beat comes by every few
seconds; a reader who sees that a turn is due does not wait for it (`catch_up`).
"""

from __future__ import annotations

import logging
from time import monotonic

from django.db import OperationalError, transaction

from apps.catalog.services.documents import rebuild_documents
from apps.catalog.services.locks import hold_shelves_still
from apps.common import sql

log = logging.getLogger(__name__)

BATCH = 200
READERS_PATIENCE_MS = 500  # for a writer who has one of those products, such as an import
_READERS_SECONDS = 2.0
_PAUSE_SECONDS = 5.0

_patient_again_at = 0.0  # of this process


def turn_products() -> int:
    """Write the documents of all products anew whose moment has come; returns how many. Twice is once.

    Any number may do so at once: what another one writes at that moment is left to him.
    """
    count = 0
    try:
        while turned := _turn(_DUE_AND_FREE):
            count += turned
    except OperationalError as error:
        log.warning("turns wait for the next round: %s", error)
    return count


def catch_up() -> None:
    """The same for a reader who is about to look: he waits for others who are at it, but not for long.

    Who finds a product in the hands of a writer that takes long reads what was stored before, as that writer's other
    readers do; his answer is kept by nobody.
    """
    global _patient_again_at
    ends_at = monotonic() + _READERS_SECONDS
    if monotonic() < _patient_again_at:
        return
    try:
        while _turn(_DUE) and monotonic() < ends_at:
            pass
    except OperationalError as error:
        _patient_again_at = monotonic() + _PAUSE_SECONDS
        log.warning("a reader could not wait for a turn: %s", error)


@transaction.atomic
def _turn(due: str) -> int:
    sql.execute("SELECT set_config('lock_timeout', %s, true)", f"{READERS_PATIENCE_MS}ms")
    hold_shelves_still()
    product_ids = [product_id for (product_id,) in sql.fetch_all(due, BATCH)]
    if product_ids:
        rebuild_documents(product_ids=product_ids)
    return len(product_ids)


# Both rows are locked: who has waited for another one's turn looks again at the moment, and finds the next one there.
_DUE = """
SELECT p.id FROM catalog_productturn t JOIN catalog_product p ON p.id = t.product_id
WHERE t.due_at <= statement_timestamp() ORDER BY p.id LIMIT %s FOR NO KEY UPDATE OF p, t
"""
_DUE_AND_FREE = f"{_DUE} SKIP LOCKED"
