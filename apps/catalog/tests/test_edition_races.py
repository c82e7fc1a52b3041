"""Readers and writers at the same moment: nobody is told what was over before he asked, or half of a change."""

from dataclasses import replace
from decimal import Decimal
from threading import Event

import pytest
from django.db import transaction
from rest_framework.test import APIClient

from apps.catalog import selectors, services
from apps.catalog.api import views
from apps.catalog.models import Edition, Product
from apps.catalog.selectors import Reading, editions
from apps.catalog.tests.factories import draft_product, draft_variant, show
from apps.catalog.tests.test_editions import ves_costs
from tests.racing import race

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]
WRITES, READS, MOST_WRITES = 10, 6, 100
PATHS = ["products/", "products/zaku/"]


def write(product, number):
    """A change in three places at once: name, price and description all say the number."""
    services.update_product(
        product_id=product.pk,
        name=f"Zaku {number}",
        description=f"Zaku {number}",
        variants=(draft_variant("Z-1", f"{number}.00"),),
    )


def read(path):
    """The number that the answer says in all places; an answer in which places differ is torn."""
    answer = APIClient().get(f"/api/v1/{path}").json()
    shown = answer["results"][0] if "results" in answer else answer
    (number,) = {Decimal(shown["name"].split()[1]), Decimal(shown["price"]["amount"])}
    rate = Decimal(answer["rate"]["rate"])
    assert Decimal(shown["local_price"]["amount"]) == number * rate
    return int(number), int(rate)


def is_right(seen, before, after):
    """Neither older than what was committed when the question was asked, nor newer than what there is."""
    return all(low <= value <= high for value, low, high in zip(seen, before, after, strict=True))


def test_a_reader_in_the_midst_of_writers_is_never_told_what_is_over():
    (zaku,) = show(draft_product("zaku", name="Zaku 1", variants=(draft_variant("Z-1", "1.00"),)))
    ves_costs(1)
    written, begun, is_over = [1, 1], [1, 1], Event()
    readers = [[], [], [], []]

    def keep_changing(what, change):
        for number in range(2, MOST_WRITES):
            begun[what] = number
            change(number)
            written[what] = number
            if number > WRITES and all(len(found) >= READS for found in readers):
                return

    def write_all():
        results = race(
            lambda: keep_changing(0, lambda number: write(zaku, number)), lambda: keep_changing(1, ves_costs)
        )
        is_over.set()
        return results

    def keep_reading(path, found):
        while not is_over.is_set():
            before = list(written)
            seen = read(path)
            found.append((seen, before, list(begun)))

    ways = zip(PATHS * 2, readers, strict=True)
    results = race(write_all, *(lambda path=path, found=found: keep_reading(path, found) for path, found in ways))

    assert results == [[None, None], None, None, None, None]
    assert all(len(found) >= READS for found in readers)
    assert [one for found in readers for one in found if not is_right(*one)] == []
    assert read(PATHS[0]) == read(PATHS[1]) == tuple(written)


def test_what_changes_while_an_answer_is_computed_is_in_the_next_one(monkeypatch):
    assert asked_again_after_a_change_in_between(monkeypatch, views.read_in_one_edition) == 2


def test_an_edition_that_is_looked_at_after_computing_would_keep_what_is_over(monkeypatch):
    """The twin without the guard: it must fail to notice, so that we know the test above can."""

    def careless(compute, edition=None):
        seen = compute(editions.look())
        window = editions.look()
        return Reading(window, replace(seen, edition=selectors.edition_now()), is_settled=True)

    assert asked_again_after_a_change_in_between(monkeypatch, careless) == 1


def asked_again_after_a_change_in_between(monkeypatch, read_in_one_edition):
    """A writer commits right after the page was read and before the answer is kept; what does the next reader see?"""
    (zaku,) = show(draft_product("zaku", name="Zaku 1", variants=(draft_variant("Z-1", "1.00"),)))
    ves_costs(1)
    has_written = []

    def disturbed(compute, edition=None):
        def compute_and_be_overtaken(window):
            seen = compute(window)
            if not has_written:
                has_written.append(write(zaku, 2))
            return seen

        return read_in_one_edition(compute_and_be_overtaken, edition)

    monkeypatch.setattr(views, "read_in_one_edition", disturbed)
    read("products/zaku/")
    return read("products/zaku/")[0]


def test_writers_do_not_wait_for_each_other_here():
    """Each holds its row of the counter till the end of its transaction, and takes another's for none of its own."""
    products = show(*(draft_product(f"p-{number}") for number in range(4)))

    def change(product):
        with transaction.atomic():
            Product.objects.filter(pk=product.pk).update(is_featured=True)
            services.rebuild_documents(product_ids=[product.pk])

    before = selectors.edition_now()
    results = race(*(lambda product=product: change(product) for product in products))

    assert results == [None] * 4
    assert 1 <= Edition.objects.count() <= 5
    assert selectors.edition_now().shelves > before.shelves
