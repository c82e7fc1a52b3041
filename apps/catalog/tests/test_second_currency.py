from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rest_framework.test import APIClient

from apps.catalog.selectors import bounds
from apps.catalog.tests.factories import draft_product, draft_variant, show
from apps.catalog.tests.test_editions import ves_costs
from apps.fx_rates.models import ExchangeRateSnapshot

CENT = Decimal("0.01")
COMPARE = {
    "exact": lambda shown, figure: shown == figure,
    "gt": lambda shown, figure: shown > figure,
    "gte": lambda shown, figure: shown >= figure,
    "lt": lambda shown, figure: shown < figure,
    "lte": lambda shown, figure: shown <= figure,
}
HOLDS = {"gte": lambda price, bound: price >= bound, "lt": lambda price, bound: price < bound}


def get(path, status=200):
    response = APIClient().get(f"/api/v1/{path}")
    assert response.status_code == status, response.content
    return response.json()


@pytest.fixture
def kits():
    show(
        draft_product("zaku", variants=(draft_variant("Z-1", "15.00", compare_at_amount=Decimal("18.00")),)),
        draft_product(
            "gouf", variants=(draft_variant("G-1", "20.00"), draft_variant("G-2", "25.50", options={"Box": "Large"}))
        ),
    )


@pytest.mark.django_db
def test_prices_are_told_in_the_second_currency_with_the_rate_and_where_it_is_from(kits):
    ves_costs("143.3705")
    gouf, zaku = get("products/")["results"]
    page = get("products/zaku/")

    assert zaku["local_price"] == {"amount": "2150.56", "currency": "VES"}
    assert zaku["local_compare_at_price"] == {"amount": "2580.67", "currency": "VES"}
    assert (zaku["local_price_to"], gouf["local_price_to"]["amount"]) == (None, "3655.95")
    assert {key: page[key] for key in zaku} == zaku
    assert page["variants"][0]["local_price"] == zaku["local_price"]
    snapshot = ExchangeRateSnapshot.objects.get()
    assert page["rate"] == get("products/")["rate"]
    assert page["rate"] == {
        "currency": "VES",
        "rate": "143.3705",
        "source": "manual",
        "value_date": snapshot.value_date.isoformat(),
        "is_fallback": False,
        "problem": None,
    }


@pytest.mark.django_db
def test_without_a_fit_rate_there_are_no_such_prices_and_the_answer_says_why(kits):
    answer = get("products/")

    assert [card["local_price"] for card in answer["results"]] == [None, None]
    assert (answer["rate"]["rate"], answer["rate"]["problem"]) == (None, "no-fit-rate")
    assert get("products/?price__lt=99&price_currency=VES", 503)["code"] == "no-fit-rate"


@pytest.mark.django_db
def test_a_shop_with_one_currency_says_nothing_of_a_second(kits, settings):
    settings.SECOND_CURRENCY = ""
    assert get("products/")["rate"] is None
    assert get("products/zaku/")["rate"] is None


@pytest.mark.django_db
def test_prices_are_looked_for_by_the_figure_that_is_shown(kits):
    ves_costs("143.3705")
    found = {
        query: [card["slug"] for card in get(f"products/?{query}&price_currency=VES")["results"]]
        for query in (
            "price=2150.56",
            "price__gt=2150.56",
            "price__gte=2150.56",
            "price__lt=2150.56",
            "price__lte=2150.565",
        )
    }

    assert list(found.values()) == [["zaku"], ["gouf"], ["gouf", "zaku"], [], ["zaku"]]
    assert [card["slug"] for card in get("products/?price__lte=15&price_currency=USD")["results"]] == ["zaku"]
    assert list(get("products/?price=1&price_currency=EUR", 400)["errors"]) == ["price_currency"]


@given(
    price=st.decimals("0", "500", places=4),
    rate=st.decimals("0.0001", "1000", places=10),
    nudge=st.sampled_from([Decimal(0), CENT, -CENT, Decimal("0.003"), Decimal("-0.003")]),
    lookup=st.sampled_from(sorted(COMPARE)),
)
def test_bounds_choose_just_those_prices_whose_shown_figure_fits(price, rate, nudge, lookup):
    shown = (price.quantize(CENT, ROUND_HALF_UP) * rate).quantize(CENT, ROUND_HALF_UP)
    figure = shown + nudge

    chosen = all(HOLDS[name](price, bound) for name, bound in bounds(lookup, figure, rate).items())

    assert chosen == COMPARE[lookup](shown, figure)
