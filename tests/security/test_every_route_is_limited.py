from types import SimpleNamespace

import pytest

from apps.common.api.limits import HourlyLimit
from tests.security.routes import BESIDE_THE_SCHEMA, addresses

# Who looks after the shop asks for these all day long; the documents are pages.
WITHOUT_LIMIT = {"api/health/", "api/health/live/", "api/health/ready/", "api/info/", *BESIDE_THE_SCHEMA}


def ways_into(view):
    """The view, once for each method that it has."""
    methods = getattr(view, "actions", None) or {name: name for name in view.cls.http_method_names}
    for method, action in methods.items():
        if hasattr(view.cls, action):
            instance = view.cls(**view.initkwargs)
            instance.action, instance.request = action, SimpleNamespace(method=method.upper())
            yield instance


@pytest.mark.parametrize("address", sorted(addresses().keys() - WITHOUT_LIMIT))
def test_no_limit_of_its_own_takes_the_place_of_the_hourly_one(address):
    for view in ways_into(addresses()[address]):
        assert any(isinstance(throttle, HourlyLimit) for throttle in view.get_throttles())
