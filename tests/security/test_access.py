"""Who gets what at every route of the API: the table of access.py, tried with everybody."""

from dataclasses import replace

import pytest
from drf_spectacular.generators import EndpointEnumerator
from rest_framework.views import APIView

from tests.security.access import ACCESS
from tests.security.routes import BESIDE_THE_SCHEMA, addresses, operations
from tests.security.world import BOSS, CALLERS, GUEST, HOLDER, OWNER, STAFF
from tests.security.writes import READS, WRITES, Call

_PATHS = EndpointEnumerator(patterns=[])


def status_for(caller, row):
    """The refusal that a row implies for a caller; None when it lets him in."""
    is_role = any(caller == word or (caller == BOSS and word in STAFF) for word in row)
    if is_role or caller in row or "anyone" in row or ("signed in" in row and caller not in (GUEST, HOLDER)):
        return None
    if f"no {caller}" in row:
        return 403
    if caller in (GUEST, HOLDER):
        return 404 if "open" in row else 401
    return 404 if {OWNER, "member"} & set(row) and "told" not in row else 403


def test_every_route_has_a_row_and_every_row_a_route():
    assert sorted(ACCESS) == sorted(operations())


def test_every_address_is_in_the_schema_or_named_beside_it():
    """So that a plain view, or one that is left out of the schema, does not slip past the table."""
    in_schema = {path.split(" ")[1] for path in operations()}

    def is_in_schema(address, view):
        return issubclass(getattr(view, "cls", object), APIView) and _PATHS.get_path_from_regex(address) in in_schema

    unseen = [address for address, view in addresses().items() if not is_in_schema(address, view)]
    assert sorted(unseen) == sorted(BESIDE_THE_SCHEMA)


@pytest.mark.parametrize("route", sorted(route for route, row in ACCESS.items() if "stepped up" in row))
def test_being_let_in_is_not_enough_for_what_wants_a_fresh_code(world, route):
    how = replace((READS | WRITES)[route], purpose="")
    let_in = [caller for caller in CALLERS if status_for(caller, ACCESS[route]) is None]

    answers = [how.made_by(caller, route, world) for caller in let_in]

    assert {(answer.status, b"step-up-required" in answer.content) for answer in answers} == {(403, True)}


@pytest.mark.parametrize("route", sorted(ACCESS))
def test_everybody_gets_what_the_table_says(world, route):
    how = (READS | WRITES).get(route, Call())

    answers = {caller: how.made_by(caller, route, world) for caller in CALLERS}

    expected = {caller: status_for(caller, ACCESS[route]) for caller in CALLERS}
    got = {caller: answer.status if answer.status in (401, 403, 404) else None for caller, answer in answers.items()}
    assert got == expected
    let_in = {caller: answer for caller, answer in answers.items() if got[caller] is None}
    assert all(answer.status < 500 for answer in let_in.values()), let_in
