import json
from io import StringIO

import pytest
from django.core.management import call_command

from apps.common import audit
from apps.inventory.models import StockMovement
from apps.inventory.tests.factories import StockItemFactory

pytestmark = pytest.mark.django_db


def test_says_nothing_of_a_sound_shop():
    StockItemFactory()
    out = StringIO()

    call_command("audit", stdout=out)

    assert out.getvalue() == f"{len(audit.registered())} invariants checked, 0 broken.\n"


def test_shows_the_rows_that_break_one_and_fails():
    item = StockItemFactory(on_hand=3)
    StockMovement.objects.all().delete()
    out = StringIO()

    with pytest.raises(SystemExit) as end:
        call_command("audit", "--json", stdout=out)

    assert end.value.code == 1
    assert json.loads(out.getvalue()) == [
        {
            "code": "S2",
            "sentence": "The movements of a stock item sum to what is on hand",
            "rows": [{"id": item.pk, "on_hand": 3, "moved": 0}],
        }
    ]


@pytest.mark.parametrize("invariant", audit.registered(), ids=lambda invariant: invariant.code)
def test_every_query_runs(invariant):
    assert [finding for finding in audit.run() if finding.invariant is invariant] == []
