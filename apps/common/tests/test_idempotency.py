import pytest
from django.db.models.functions import Now

from apps.common import idempotency
from apps.common.models import IdempotencyRecord
from tests.racing import race, refusals

pytestmark = pytest.mark.django_db


def claim(body=b"{}", key="key", caller="user:1"):
    digest = idempotency.fingerprint("POST", "/api/v1/checkout/", body)
    return idempotency.claim(caller=caller, key=key, fingerprint=digest)


def test_a_finished_request_is_replayed():
    idempotency.save_answer(claim(), status=201, body={"number": "ORD-1"})

    assert claim().answer() == (201, {"number": "ORD-1"})


def test_a_running_request_is_waited_for():
    claim()

    with pytest.raises(idempotency.IdempotencyKeyInUse):
        claim()


def test_another_body_is_refused_whether_or_not_the_first_is_done():
    claim()

    with pytest.raises(idempotency.IdempotencyKeyReused):
        claim(body=b'{"note": "x"}')


def test_callers_do_not_share_keys():
    assert claim(caller="user:1").pk != claim(caller="user:2").pk


def test_a_request_that_died_is_taken_over_by_one_of_many():
    first = claim()
    IdempotencyRecord.objects.filter(pk=first.pk).update(leased_until=Now())

    assert claim().pk == first.pk
    with pytest.raises(idempotency.IdempotencyKeyInUse):
        claim()


def test_a_key_that_made_nothing_is_free_again():
    idempotency.give_back(claim())

    assert not IdempotencyRecord.objects.exists()


def test_a_key_that_made_something_leads_there_at_once():
    record = claim()
    idempotency.remember_resource(record, "order:7")

    idempotency.give_back(record)

    assert claim().resource == "order:7"


def test_records_are_kept_for_72_hours():
    old, young = claim(key="old"), claim(key="young")
    IdempotencyRecord.objects.filter(pk=old.pk).update(created_at="2020-01-01T00:00Z")

    assert idempotency.delete_old_records() == 1
    assert IdempotencyRecord.objects.get().pk == young.pk


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_of_twenty_at_once_one_goes_first():
    results = race(*[claim] * 20)

    assert refusals(results, idempotency.IdempotencyKeyInUse) == 19
