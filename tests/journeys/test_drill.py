"""The drill that operators run, against the running shop."""

import json

import pytest

pytestmark = pytest.mark.stack


def test_two_hundred_buyers_get_ten_units_and_not_one_more(running_shop):
    done = running_shop.manage(
        "drill_oversell", "--stock", "10", "--buyers", "200", "--url", running_shop.url, "--json"
    )

    report = json.loads(done.stdout)
    assert report["answers"] == {"201 ok": 10, "409 out-of-stock": 190}
    assert (report["orders"], report["units_sold"], report["broken_invariants"]) == (10, 10, [])
    assert running_shop.broken_invariants() == []
