"""No field is written that an action does not own: every route that writes is sent all that a thief would like to."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from django.urls import path
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.models import Address
from tests.security import probe, routes
from tests.security.access import ACCESS
from tests.security.world import CALLERS, GUEST, OWNER, World, undone
from tests.security.writes import WRITES, Call


def one_who_may(route):
    """The least of those who get in."""
    row = ACCESS[route]
    if "anyone" in row:
        return GUEST
    return OWNER if OWNER in row or "signed in" in row else next(word for word in row if word in CALLERS)


def resolve(schema: Any) -> Any:
    """A schema with what it refers to in place of the reference."""
    while "$ref" in schema or "allOf" in schema:
        schema = (
            schema["allOf"][0]
            if "allOf" in schema
            else routes.schema()["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
        )
    return schema


def body_schema(route, form):
    content = routes.operations()[route].get("requestBody", {}).get("content", {})
    kind = "multipart/form-data" if form == "multipart" else "application/json"
    return content.get(kind, {}).get("schema", {})


@pytest.fixture(scope="module")
def before(world):
    return probe.all_rows()


@pytest.fixture(scope="module")
def temptations(world: World):
    stranger = world.people["stranger"].pk
    return probe.tempting_fields({"accounts.User": stranger})


@pytest.fixture
def written_beside(world, before, temptations):
    """What a route writes, called like this, of what its schema does not name."""

    def effect_of(caller, route, how, body):
        sent = {"data": body, "format": how.form, "purpose": how.purpose}
        with undone():
            answer = world.call(caller, route + how.query, at=how.at, token_of=how.token_of, **sent)
            return probe.Effect(answer.status, probe.changed(before, probe.all_rows()))

    def written_beside(caller, route, how, schema):
        first, second = (effect_of(caller, route, how, how.body_in(world)) for _ in range(2))
        assert first.status < 300, "the request does not do what it is for, so it shows nothing"
        polluted = probe.pollute(how.body_in(world), schema, resolve, temptations)
        return probe.written_beside(first, second, effect_of(caller, route, how, polluted))

    return written_beside


def test_every_route_that_writes_is_probed():
    assert sorted(WRITES) == sorted(route for route in routes.operations() if not route.startswith("GET "))


@pytest.mark.parametrize("route", sorted(WRITES))
def test_what_is_sent_beside_a_request_is_not_written(written_beside, route):
    how = WRITES[route]

    assert written_beside(how.by or one_who_may(route), route, how, body_schema(route, how.form)) == []


class CarelessSerializer(serializers.ModelSerializer[Address]):
    class Meta:
        model = Address
        fields = ["city", "user"]


class CarelessView(APIView):
    def patch(self, request: Request, address_id: UUID) -> Response:
        serializer = CarelessSerializer(Address.objects.get(public_id=address_id), data=request.data, partial=True)
        serializer.is_valid(raise_exception=True)
        serializer.save()
        return Response()


urlpatterns = [path("careless/<uuid:address_id>/", CarelessView.as_view())]


def test_a_hole_is_found(written_beside, settings):
    """The twin of the test above: it proves that the probe can fail."""
    settings.ROOT_URLCONF = __name__
    schema = {"properties": {"city": {"type": "string"}}}

    found = written_beside(OWNER, "PATCH /careless/{address_id}/", Call({"city": "Mérida"}), schema)

    assert found == ["accounts_address.user_id"]
