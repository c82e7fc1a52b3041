"""The compiled catalogues are committed, because a shop's machine has no gettext; these tests notice a stale one."""

import ast
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext
from django.utils.translation.template import templatize

TEMPLATES = sorted(Path(settings.BASE_DIR, "templates", "notifications").iterdir())
SENTENCE = re.compile(r"gettext\(u?('(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\")\)")
SAME_IN_SPANISH_AND_PORTUGUESE = {"Subtotal", "Total"}


def sentences():
    code = [templatize(path.read_text(), origin=path.name) for path in TEMPLATES]
    return {ast.literal_eval(literal) for text in code for literal in SENTENCE.findall(text)}


def test_there_are_sentences_to_translate():
    assert len(sentences()) == 157


@pytest.mark.parametrize("language", ["es", "pt"])
def test_every_sentence_of_a_mail_is_translated_with_the_same_gaps(language):
    with translation.override(language):
        for sentence in sentences() - SAME_IN_SPANISH_AND_PORTUGUESE:
            translated = gettext(sentence)
            assert translated != sentence
            assert gaps(translated) == gaps(sentence), sentence


def gaps(sentence):
    return sorted(re.findall(r"%\(\w+\)s", sentence))


def test_every_mail_has_a_subject_a_text_and_an_html():
    names = {path.name.split(".")[0] for path in TEMPLATES if not path.name.startswith(("_", "base"))}
    files = {path.name for path in TEMPLATES}

    assert names == {
        "abandoned_cart",
        "back_in_stock",
        "change_email",
        "email_changed",
        "account_erased",
        "data_export",
        "new_device",
        "order_cancelled",
        "order_delivered",
        "order_confirmed",
        "order_expired",
        "order_placed",
        "order_shipped",
        "password_changed",
        "payment_expiring",
        "payment_failed",
        "payment_received",
        "payment_rejected",
        "payment_reported",
        "payment_returned",
        "phone_changed",
        "price_drop",
        "refund_sent",
        "reset_password",
        "second_factor_changed",
        "review_invitation",
        "session_reused",
        "staff_case",
        "staff_dead_letters",
        "staff_low_stock",
        "staff_new_order",
        "staff_payment_to_verify",
        "staff_rate_alert",
        "staff_system_error",
        "store_invitation",
        "step_up_code",
        "suspicious_sign_in",
        "verify_email",
        "welcome",
    }
    assert files >= {f"{name}.{ending}" for name in names for ending in ("subject.txt", "txt", "html")}
