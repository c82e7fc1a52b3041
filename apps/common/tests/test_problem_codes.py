"""A code is for ever: every refusal that the code can raise stands in docs/problems.md, with the status it gets."""

import re

import pytest
from django.apps import apps
from django.conf import settings

from apps.common.api.problems import HTTP_STATUS
from apps.common.exceptions import DomainError
from config import urls

assert urls.urlpatterns  # every app's entry points are read by now, also when this file is tested alone


def refusals(kind=DomainError):
    for child in kind.__subclasses__():
        if child.__module__.startswith("apps.") and "tests" not in child.__module__:
            if "code" in vars(child):
                yield child
            yield from refusals(child)


def listed():
    text = (settings.BASE_DIR / "docs" / "problems.md").read_text(encoding="utf-8")
    return {code: int(status) for code, status in re.findall(r"^\| `([a-z0-9-]+)` \| (\d{3}) \|", text, re.MULTILINE)}


@pytest.mark.parametrize("refusal", sorted(refusals(), key=lambda kind: kind.code), ids=lambda kind: kind.code)
def test_every_refusal_is_listed_with_its_status(refusal):
    status = next(status for kind, status in HTTP_STATUS.items() if issubclass(refusal, kind))

    assert listed().get(refusal.code) == status


def test_the_refusals_of_all_apps_were_found():
    assert apps.ready
    assert {"out-of-stock", "order-not-found", "cart-is-empty"} <= {kind.code for kind in refusals()}
