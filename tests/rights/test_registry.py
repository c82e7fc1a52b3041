"""No table that says something of a person is forgotten, neither by the export nor by the erasure."""

import re

import pytest
from django.apps import apps
from django.conf import settings
from django.db import models

from apps.accounts.models import User
from apps.common import personal_data

# What a column's name says of what is in it. Files in private storage and network addresses tell by their type.
PERSONAL_WORDS = re.compile(
    r"(^|_)(email|phone|recipient|holder|payer|document|first_name|last_name|address|address_line_\d|date_of_birth)$"
    r"|^(shipping|billing)_address$"
)
NOT_PERSONAL = {  # the words mean something else here
    "catalog.ProductDocument": "a product as shoppers read it",
    "catalog.ProductImage": "the picture of a product",
    "catalog.ProductImageEvent": "the picture that a product had",
    "notifications.MailStyle": "the shop's own picture",
    "pghistory.MiddlewareEvents": "no table; histories know who acted by a key that says nothing of an erased person",
}


def personal_columns():
    for model in apps.get_models(include_auto_created=False):
        for field in model._meta.get_fields():
            if field.concrete and is_personal(model, field):
                yield f"{model._meta.label}.{field.name}"


def is_personal(model, field):
    if model._meta.label in NOT_PERSONAL:
        return False
    if field.is_relation:
        return field.related_model is User or (model is User and field.many_to_many)
    return isinstance(field, models.FileField | models.GenericIPAddressField) or bool(PERSONAL_WORDS.search(field.name))


def forgotten_by_erasure(holdings):
    erased = {column for holding in holdings for column in holding.erases}
    kept = {column for holding in holdings for column, why in holding.keeps.items() if why}
    assert erased & kept == set()
    return set(personal_columns()) - erased - kept


def forgotten_by_export(holdings):
    exported = {table for holding in holdings for table in holding.exports}
    withheld = {table for holding in holdings for table, why in holding.withheld.items() if why}
    assert exported & withheld == set()
    return {column.rpartition(".")[0] for column in personal_columns()} - exported - withheld


def test_every_personal_column_is_erased_or_kept_for_a_reason():
    assert forgotten_by_erasure(personal_data.registered()) == set()


def test_every_table_with_a_personal_column_is_in_the_export_or_withheld_for_a_reason():
    assert forgotten_by_export(personal_data.registered()) == set()


@pytest.mark.parametrize("name", [holding.name for holding in personal_data.registered() if holding.name != "traces"])
def test_a_part_that_nobody_spoke_for_is_missed(name):
    others = [holding for holding in personal_data.registered() if holding.name != name]

    assert forgotten_by_erasure(others)
    assert forgotten_by_export(others)


def test_every_column_that_is_named_is_one():
    for holding in personal_data.registered():
        for column in [*holding.erases, *holding.keeps]:
            table, _, name = column.rpartition(".")
            assert apps.get_model(table)._meta.get_field(name), column
        for table in [*holding.exports, *holding.withheld]:
            assert apps.get_model(table)


def test_the_page_for_operators_gives_every_reason():
    page = (settings.BASE_DIR / "docs" / "personal-data.md").read_text(encoding="utf-8")

    for holding in personal_data.registered():
        assert f"| `{holding.name}` |" in page, holding.name
        for column, why in holding.keeps.items():
            assert f"| `{column}` | {why} |" in page, column
