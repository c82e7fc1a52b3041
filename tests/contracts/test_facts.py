"""What the shop has taken over from others as facts is still what they say: banks, old rates, the shape of a feed."""

import json
from decimal import Decimal
from pathlib import Path

import pytest

from apps.fx_rates.tests.history import HISTORY
from apps.payments.pago_movil.reading import MOBILE_PREFIXES
from sandbox.testing import plain_http

ROOT = Path(__file__).resolve().parents[2]
SPECS = ROOT.parent / "shared" / "specs"

pytestmark = pytest.mark.skipif(not SPECS.is_dir(), reason="../shared/specs is not there; facts are not compared.")


def published(name):
    return json.loads((SPECS / name).read_text(), parse_float=Decimal)


def test_the_rates_that_are_replayed_are_those_that_were_published():
    rates = [(one["fecha"], one["promedio"]) for one in published("fx/bcv_usd_ves_history.json")]

    assert [(day.isoformat(), rate) for day, rate in HISTORY] == rates


def test_dolarapi_speaks_in_the_sandbox_as_it_does_itself(sandbox):
    sample = published("fx/dolarapi_ve_samples.json")["GET /v1/dolares/oficial"]
    with plain_http(f"{sandbox.url}/rates/dolarapi") as http:
        answer = json.loads(http.get("/v1/dolares/oficial").text, parse_float=Decimal)

    def shape(one):
        return {name: type(value) for name, value in one.items()}

    assert shape(answer) == shape(sample)
    assert [answer[name] for name in ("moneda", "fuente")] == [sample[name] for name in ("moneda", "fuente")]


def test_banks_and_mobile_prefixes_are_those_of_the_list():
    listed = published("venezuela/banks.json")
    ours = json.loads((ROOT / "fixtures" / "venezuelan_banks.json").read_text())

    assert {one["code"]: one["short_name"] for one in ours} == {
        one["code"]: one["short_name"] for one in listed["banks"]
    }
    assert {one["code"] for one in ours if one["is_listed"]} == {
        one["code"] for one in listed["banks"] if one["status"] == "active"
    }
    assert set(MOBILE_PREFIXES) == {one["prefix"].removeprefix("0") for one in listed["mobile_prefixes"]}
