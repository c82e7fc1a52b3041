import pytest
import stripe


def test_paging_walks_over_everything_newest_first(v1, create):
    made = [create(amount=1000 + number).id for number in range(5)]

    page = v1.payment_intents.list(params={"limit": 2})
    assert ([one.id for one in page.data], page.has_more) == ([made[4], made[3]], True)
    assert [one.id for one in page.auto_paging_iter()] == made[::-1]

    before = v1.payment_intents.list(params={"limit": 2, "ending_before": made[1]})
    assert ([one.id for one in before.data], before.has_more) == ([made[3], made[2]], True)


def test_lists_are_filtered_by_customer_and_by_time(v1, create):
    customer = v1.customers.create(params={"email": "ada@example.test"})
    create()
    hers = create(customer=customer.id)

    assert [one.id for one in v1.payment_intents.list(params={"customer": customer.id}).data] == [hers.id]
    assert len(v1.payment_intents.list(params={"created": {"gte": hers.created - 60}}).data) == 2
    assert v1.payment_intents.list(params={"created": {"gt": hers.created + 60}}).data == []


def test_events_are_filtered_by_type(v1, pay):
    pay()

    assert len(v1.events.list(params={"type": "charge.succeeded"}).data) == 1
    assert len(v1.events.list(params={"types": ["charge.succeeded", "payment_intent.succeeded"]}).data) == 2


@pytest.mark.parametrize(
    ("params", "param"),
    [({"limit": 0}, "limit"), ({"limit": 101}, "limit"), ({"starting_after": "pi_no"}, "starting_after")],
)
def test_wrong_paging_is_refused(v1, params, param):
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        v1.payment_intents.list(params=params)

    assert refusal.value.param == param


def test_expanding_works_in_lists_and_only_where_there_is_an_object(v1, pay):
    pay()

    (intent,) = v1.payment_intents.list(params={"expand": ["data.latest_charge"]}).data
    assert intent.latest_charge.amount == 2000
    for path in ("data.amount", "data.latest_charge.payment_intent.latest_charge.payment_intent.customer"):
        with pytest.raises(stripe.InvalidRequestError, match="expand"):
            v1.payment_intents.list(params={"expand": [path]})
