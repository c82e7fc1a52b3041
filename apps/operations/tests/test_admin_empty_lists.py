"""What staff find before there is anything, and what has no page at all."""

import pytest
from django.contrib import admin
from django.contrib.staticfiles import finders
from django.urls import reverse

from apps.common.tests.staff import boss_client

pytestmark = pytest.mark.django_db


def test_customers_tokens_have_no_page():
    assert [model for model in admin.site._registry if model._meta.app_label == "token_blacklist"] == []


def test_browsers_find_an_icon(client):
    icon = client.get("/favicon.ico")

    assert (icon.status_code, icon["Location"]) == (302, "/static/common/favicon.svg")
    assert finders.find("common/favicon.svg")


@pytest.mark.parametrize(
    ("query", "words"),
    [("", "There are no cases yet."), ("?state=open", "No cases fit"), ("?q=nothing", "No cases fit")],
)
def test_an_empty_list_says_so_without_asking_for_what_cannot_be_done(query, words):
    page = boss_client().get(reverse("admin:payments_case_changelist") + query).content.decode()

    assert words in page
    assert "Create a new item" not in page


def test_an_empty_list_of_what_staff_may_make_leads_there():
    page = boss_client().get(reverse("admin:catalog_tag_changelist")).content.decode()

    assert f'href="{reverse("admin:catalog_tag_add")}"' in page
    assert "Add the first" in page
