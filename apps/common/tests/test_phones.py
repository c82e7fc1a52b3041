import pytest
from django.core.exceptions import ImproperlyConfigured

from apps.common.phones import NotAPhoneNumber, is_e164, phone_setting, read_phone


@pytest.mark.parametrize(
    ("typed", "country", "kept"),
    [
        ("+58 (412) 123-45 67", "", "+584121234567"),
        ("0412-1234567", "", "+584121234567"),
        ("0058 412 1234567", "", "+584121234567"),
        ("11 99999-0000", "BR", "+5511999990000"),
        ("(202) 555-0123", "US", "+12025550123"),
        ("+34 600 11 12 22", "VE", "+34600111222"),
        ("0412 1234567", "ZZ", "+584121234567"),
    ],
    ids=lambda value: value or "none",
)
def test_every_way_of_writing_a_number_is_kept_in_one(typed, country, kept):
    assert read_phone(typed, country=country) == kept


@pytest.mark.parametrize(
    "typed",
    ["12", "+584", "0412 123456", "+999123456789", "0412 1234567 ext. 5", "my phone", "4" * 41],
    ids=["short", "stump", "a digit less", "no country", "extension", "words", "endless"],
)
def test_what_nobody_can_dial_is_refused_with_an_example(typed):
    with pytest.raises(NotAPhoneNumber, match=r"VE\. Write .* like \+58"):
        read_phone(typed)


def test_only_the_kept_spelling_is_the_kept_spelling():
    assert is_e164("+584121234567")
    assert not any(is_e164(other) for other in ["04121234567", "+58 412 1234567", "whatsapp:+584121234567", ""])


def test_a_wrong_number_in_the_settings_stops_the_start_by_name():
    assert phone_setting("OWNER", "", country="VE") == ""
    assert phone_setting("OWNER", "0412-1234567", country="VE") == "+584121234567"
    with pytest.raises(ImproperlyConfigured, match="OWNER is no phone number"):
        phone_setting("OWNER", "call me", country="VE")
