"""Each source's own words, as recorded, and what becomes of words that are not right."""

import json
from datetime import date
from decimal import Decimal

import pytest

from apps.fx_rates.models import Reason
from apps.fx_rates.providers.aggregates import ExchangeRateApi, ExchangeRateHost, OpenErApi, OpenExchangeRates
from apps.fx_rates.providers.base import SourceFailed
from apps.fx_rates.providers.bcv import BcvPage
from apps.fx_rates.providers.dolarapi import DolarApi
from apps.fx_rates.providers.pydolarve import PyDolarVe
from apps.fx_rates.providers.wire import Wire

WIRE = Wire("http://127.0.0.1:9")

BCV = """
<span class="date-display-single" property="dc:date" datatype="xsd:dateTime" content="2026-08-20T00:00:00-04:00">news</span>
<div id="euro" class="col-sm-12 col-xs-12 "><div class="field-content"><div class="row recuadrotsmc">
<div class="col-sm-6 col-xs-6"><img src="/sites/default/files/euro-04_2.png" class="icono_bss_blanco1"> <span> EUR </span></div>
<div class="col-sm-6 col-xs-6 centrado textp"><strong class="strong-tb"> 911,21815526</strong></div></div></div></div>
          <div id="dolar" class="col-sm-12 col-xs-12 ">
\t<div class="field-content">
  \t\t<div class="row recuadrotsmc">
\t\t\t<div class="col-sm-6 col-xs-6">
  \t\t\t<img src="/sites/default/files/dollar-04_2.png" class="icono_bss_blanco1"> \t\t
  \t\t        <span> USD</span>\t </div>
                         <div class="col-sm-6 col-xs-6 centrado textp"> <strong class="strong-tb">794,99170000</strong>  </div>
\t        </div>
        </div>
</div>
          <div class="pull-right dinpro center">
Fecha Valor: <span class="date-display-single" property="dc:date" datatype="xsd:dateTime" content="2026-08-31T00:00:00-04:00">Lunes, 31 Agosto  2026</span>
<hr>
</div>"""  # noqa: E501  as it came

DOLARAPI = """{"moneda":"USD","fuente":"oficial","nombre":"Dólar","compra":null,"venta":null,"promedio":779.9522,
"fechaActualizacion":"2026-08-21T00:00:00-04:00"}"""
DOLARAPI_PARALLEL = """{"moneda":"USD","fuente":"paralelo","nombre":"Paralelo","compra":null,"venta":null,
"promedio":900.886719,"fechaActualizacion":"2026-08-22T18:01:02.028Z"}"""
PYDOLARVE = """{"change":2.54,"color":"green","image":"https://example.test/bcv.webp",
"last_update":"2026-08-21T00:00:00-04:00","percent":0.33,"price":779.9522,"price_old":777.4161,"symbol":"▲",
"title":"Dólar estadounidense"}"""
EXCHANGERATE_API = """{"result":"success","documentation":"https://www.exchangerate-api.com/docs",
"terms_of_use":"https://www.exchangerate-api.com/terms","time_last_update_unix":1787356801,
"time_last_update_utc":"Sat, 22 Aug 2026 00:00:01 +0000","time_next_update_unix":1787443201,
"time_next_update_utc":"Sun, 23 Aug 2026 00:00:01 +0000","base_code":"USD",
"conversion_rates":{"USD":1,"EUR":0.8559,"VES":778.5123}}"""
OPEN_ER_API = EXCHANGERATE_API.replace("conversion_rates", "rates")
OPEN_EXCHANGE_RATES = """{"disclaimer":"Usage subject to terms","license":"https://openexchangerates.org/license",
"timestamp":1787356800,"base":"USD","rates":{"VES":779.9522}}"""
EXCHANGERATE_HOST = """{"success":true,"terms":"https://exchangerate.host/terms","timestamp":1787356800,"source":"USD",
"quotes":{"USDVES":779.952203}}"""


def both(observations):
    return [(one.currency, one.rate, one.value_date) for one in observations]


def failure(read):
    with pytest.raises(SourceFailed) as failed:
        read()
    return failed.value.reason


class TestTheCentralBanksPage:
    source = BcvPage(WIRE)

    def test_tells_the_dollar_and_its_value_date_and_keeps_the_places_it_was_read_from(self):
        (one,) = self.source.read(BCV)

        assert (one.rate, one.value_date) == (Decimal("794.9917000000"), date(2026, 8, 31))
        assert "794,99170000" in one.raw
        assert "2026-08-31T00:00:00-04:00" in one.raw
        assert "911" not in one.raw

    @pytest.mark.parametrize(
        ("digits", "rate"),
        [("1.050,12340000", "1050.1234"), ("1050,12340000", "1050.1234"), ("12.345.678,90", "12345678.90")],
    )
    def test_writes_thousands_with_points(self, digits, rate):
        assert self.source.read(BCV.replace("794,99170000", digits))[0].rate == Decimal(rate)

    @pytest.mark.parametrize(
        "digits", ["794.99170000", "794,9", "1.05,1234", "1,050.12", "794,99,17", "", "abc", "-794,99170000", "٧٩٤,٩٩"]
    )
    def test_is_not_read_when_the_number_is_written_otherwise(self, digits):
        assert failure(lambda: self.source.read(BCV.replace("794,99170000", digits))) == Reason.UNREADABLE

    @pytest.mark.parametrize(
        "flaw",
        [
            ('id="dolar"', 'id="otro"'),
            ("Fecha Valor", "Fecha"),
            ("2026-08-31T00", "2026-13-31T00"),
            ('<strong class="strong-tb">794,99170000</strong>', ""),
            ("794,99170000", "794,99170000 Bs."),
        ],
    )
    def test_is_not_read_when_something_is_missing(self, flaw):
        assert failure(lambda: self.source.read(BCV.replace(*flaw))) == Reason.UNREADABLE

    def test_is_not_read_when_it_tells_two_dollars(self):
        page = BCV + BCV.replace("794,99170000", "795,00000000")

        assert failure(lambda: self.source.read(page)) == Reason.UNREADABLE
        assert len(self.source.read(BCV + BCV)) == 1

    def test_never_takes_another_currency_for_the_dollar(self):
        assert failure(lambda: self.source.read(BCV.replace("> USD<", "> CNY<"))) == Reason.WRONG_CURRENCY

    def test_keeps_what_came_when_it_cannot_be_read(self):
        with pytest.raises(SourceFailed) as failed:
            self.source.read("<h1>Servicio no disponible</h1>")

        assert failed.value.raw == "<h1>Servicio no disponible</h1>"


class TestDolarApi:
    source = DolarApi(WIRE)

    def test_tells_the_average_with_every_digit(self):
        assert both(self.source.read(DOLARAPI)) == [("VES", Decimal("779.9522"), date(2026, 8, 21))]

    def test_is_refused_when_it_tells_the_parallel_rate(self):
        assert failure(lambda: self.source.read(DOLARAPI_PARALLEL)) == Reason.PARALLEL_RATE

    @pytest.mark.parametrize(
        ("flaw", "reason"),
        [
            (('"moneda":"USD"', '"moneda":"EUR"'), Reason.WRONG_CURRENCY),
            (("779.9522", '"779.9522"'), Reason.UNREADABLE),
            (("779.9522", "null"), Reason.UNREADABLE),
            (("779.9522", "NaN"), Reason.UNREADABLE),
            (("779.9522", "1e400"), Reason.UNREADABLE),
            (("779.9522", "true"), Reason.UNREADABLE),
            (("promedio", "media"), Reason.UNREADABLE),
            (("2026-08-21T00:00:00-04:00", "21/08/2026"), Reason.UNREADABLE),
            (("{", "[{"), Reason.UNREADABLE),
        ],
    )
    def test_is_refused_when_anything_is_otherwise(self, flaw, reason):
        assert failure(lambda: self.source.read(DOLARAPI.replace(*flaw))) == reason

    @pytest.mark.parametrize("text", ["", "[]", "null", '"oficial"', "[" * 100_000, "<html>"])
    def test_is_refused_when_it_is_something_else(self, text):
        assert failure(lambda: self.source.read(text)) == Reason.UNREADABLE


def test_pydolarve_tells_one_monitor():
    assert both(PyDolarVe(WIRE).read(PYDOLARVE)) == [("VES", Decimal("779.9522"), date(2026, 8, 21))]
    assert failure(lambda: PyDolarVe(WIRE).read('{"error": "Token"}')) == Reason.UNREADABLE


AGGREGATES = [
    (ExchangeRateApi(WIRE, "k"), EXCHANGERATE_API, "778.5123"),
    (OpenErApi(WIRE), OPEN_ER_API, "778.5123"),
    (OpenExchangeRates(WIRE, "k"), OPEN_EXCHANGE_RATES, "779.9522"),
    (ExchangeRateHost(WIRE, "k"), EXCHANGERATE_HOST, "779.952203"),
]


@pytest.mark.parametrize(("source", "text", "rate"), AGGREGATES, ids=lambda value: getattr(value, "code", ""))
class TestAnAggregate:
    def test_tells_the_currencies_that_are_asked_for_on_the_day_it_is_in_caracas(self, source, text, rate):
        assert both(source.read(text, ["VES"])) == [("VES", Decimal(rate), date(2026, 8, 21))]

    def test_leaves_out_what_it_does_not_know(self, source, text, rate):
        assert [one.currency for one in source.read(text, ["XXX", "VES"])] == ["VES"]

    def test_is_refused_when_it_knows_none_of_them(self, source, text, rate):
        assert failure(lambda: source.read(text.replace("VES", "VEF"), ["VES"])) == Reason.WRONG_CURRENCY

    def test_is_refused_when_its_base_is_another(self, source, text, rate):
        of_the_euro = text.replace(':"USD"', ':"EUR"')

        assert failure(lambda: source.read(of_the_euro, ["VES"])) == Reason.WRONG_CURRENCY

    @pytest.mark.parametrize("text_instead", ["{}", "[]", "1", "not JSON"])
    def test_is_refused_when_it_is_something_else(self, source, text, rate, text_instead):
        assert failure(lambda: source.read(text_instead, ["VES"])) == Reason.UNREADABLE

    def test_is_refused_when_its_time_is_no_time(self, source, text, rate):
        broken = json.dumps(json.loads(text) | {"timestamp": 10**30, "time_last_update_unix": 10**30})

        assert failure(lambda: source.read(broken, ["VES"])) == Reason.UNREADABLE


@pytest.mark.parametrize(
    ("source", "text", "detail"),
    [
        (ExchangeRateApi(WIRE, "k"), '{"result":"error","error-type":"quota-reached"}', "quota-reached"),
        (OpenErApi(WIRE), '{"result":"error","error-type":"unsupported-code"}', "unsupported-code"),
        (
            OpenExchangeRates(WIRE, "k"),
            '{"error":true,"status":401,"message":"invalid_app_id","description":"Invalid"}',
            "invalid_app_id",
        ),
        (
            ExchangeRateHost(WIRE, "k"),
            '{"success":false,"error":{"code":104,"type":"usage_limit_reached","info":"…"}}',
            "104 usage_limit_reached",
        ),
    ],
    ids=["exchangerate_api", "open_er_api", "open_exchange_rates", "exchangerate_host"],
)
def test_a_refusal_with_status_200_is_a_refusal(source, text, detail):
    with pytest.raises(SourceFailed) as failed:
        source.read(text, ["VES"])

    assert (failed.value.reason, failed.value.detail) == (Reason.REFUSED_BY_SOURCE, detail)
