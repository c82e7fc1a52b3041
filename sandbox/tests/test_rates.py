import json
from decimal import Decimal

import pytest

from sandbox.testing import plain_http

DAY = "2026-08-24"


@pytest.fixture
def ask(sandbox):
    sandbox.control("PUT", "/rates/sources/all", {"rate": "1050.12", "value_date": DAY})
    with plain_http(f"{sandbox.url}/rates") as client:
        yield lambda path, **headers: client.get(path, headers=headers)


def numbers(response):
    return json.loads(response.text, parse_float=Decimal)


def test_the_central_banks_page_writes_numbers_and_dates_in_spanish(ask):
    page = ask("/bcv/").text

    assert '<strong class="strong-tb">1.050,12000000</strong>' in page
    assert f'content="{DAY}T00:00:00-04:00">Lunes, 24 Agosto  2026</span>' in page


def test_dolarapi_says_the_average_and_no_more(ask):
    answer = numbers(ask("/dolarapi/v1/dolares/oficial"))

    assert (answer["promedio"], answer["compra"], answer["fuente"]) == (Decimal("1050.12"), None, "oficial")


def test_pydolarve_wants_a_token_and_tells_one_monitor_or_all(ask):
    token = {"Authorization": "Bearer x"}

    assert ask("/pydolarve/api/v2/dollar?page=bcv").status_code == 401
    assert numbers(ask("/pydolarve/api/v2/dollar?page=bcv&monitor=usd", **token))["price"] == Decimal("1050.12")
    assert list(numbers(ask("/pydolarve/api/v2/dollar?page=bcv", **token))["monitors"]) == ["usd"]


@pytest.mark.parametrize(
    ("path", "field", "name"),
    [
        ("/exchangerate_api/v6/k/latest/USD", "conversion_rates", "VES"),
        ("/open_er_api/v6/latest/USD", "rates", "VES"),
        ("/open_exchange_rates/api/latest.json?app_id=k&symbols=VES", "rates", "VES"),
        ("/exchangerate_host/live?access_key=k&source=USD&currencies=VES", "quotes", "USDVES"),
    ],
)
def test_market_feeds_tell_the_rate_in_their_own_place(ask, path, field, name):
    assert numbers(ask(path))[field][name] == Decimal("1050.12")


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/exchangerate_api/v6/spent/latest/USD", 403),
        ("/open_exchange_rates/api/latest.json", 401),
        ("/exchangerate_host/live?access_key=spent", 200),
    ],
)
def test_wrong_keys_are_refused_as_the_companies_do(ask, path, status):
    response = ask(path)

    assert response.status_code == status
    assert "VES" not in response.text


@pytest.mark.parametrize(
    ("manner", "bcv", "dolarapi"),
    [
        ("swapped_comma", ">1,050.12000000<", '"promedio": 105012000000,'),
        ("stale", 'content="2026-08-14T00', '"fechaActualizacion": "2026-08-14T00'),
        ("parallel", ">1.050,12000000<", '"fuente": "paralelo"'),
    ],
)
def test_sources_may_be_told_to_garble_what_they_say(sandbox, ask, manner, bcv, dolarapi):
    sandbox.control("PUT", "/rates/sources/all", {"manner": manner})

    assert bcv in ask("/bcv/").text
    assert dolarapi in ask("/dolarapi/v1/dolares/oficial").text


@pytest.mark.parametrize(
    ("source", "wish"),
    [("ecb", {}), ("bcv", {"rate": "x"}), ("bcv", {"manner": "x"}), ("bcv", {"x": 1}), ("bcv", {"value_date": "x"})],
)
def test_wishes_that_make_no_sense_are_refused(sandbox, source, wish):
    with pytest.raises(ValueError, match="detail"):
        sandbox.control("PUT", f"/rates/sources/{source}", wish)


def test_a_fault_meets_the_source_it_names(sandbox, ask):
    sandbox.next("rates", "error_500", path="/bcv")

    assert ask("/dolarapi/v1/dolares/oficial").status_code == 200
    assert (ask("/bcv/").status_code, ask("/bcv/").status_code) == (500, 200)
