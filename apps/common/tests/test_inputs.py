import pytest
from rest_framework import serializers

from apps.common.api.inputs import read


class Place(serializers.Serializer):
    city = serializers.CharField(max_length=5)


class Form(serializers.Serializer):
    place = Place()
    units = serializers.IntegerField(min_value=1, default=1)


def test_a_body_is_read_by_its_form_and_leaves_nothing_behind():
    assert read(Form, {"place": {"city": "Coro"}, "units": "3", "more": 1}) == {"place": {"city": "Coro"}, "units": 3}
    assert read(Form, {"place": {"city": "Lara"}}) == {"place": {"city": "Lara"}, "units": 1}


@pytest.mark.parametrize("body", [{"place": {"city": "Caracas"}, "units": 0}, {}, [], "text", None])
def test_what_is_wrong_is_said_as_by_a_serializer_of_its_own(body):
    with pytest.raises(serializers.ValidationError) as refusal:
        read(Form, body)

    alone = Form(data=body)
    assert not alone.is_valid()
    assert body is None or refusal.value.detail == alone.errors
