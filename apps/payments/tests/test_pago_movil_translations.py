"""What a shopper reads about a mobile payment stands in the catalogues of both languages, with the same gaps."""

import ast
import re
from pathlib import Path

import pytest
from django.utils import translation
from django.utils.translation import gettext

PAYMENTS = Path(__file__).parent.parent
FILES = sorted({*PAYMENTS.rglob("pago_movil/*.py"), *PAYMENTS.rglob("pago_movil*.py")})


def sentences():
    calls = [node for path in FILES for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]
    return {call.args[0].value for call in calls if isinstance(call.func, ast.Name) and call.func.id == "_"}


@pytest.mark.parametrize("language", ["es", "pt"])
def test_every_sentence_is_translated_with_the_same_gaps(language):
    assert len(sentences()) >= 12
    with translation.override(language):
        for sentence in sentences():
            assert gettext(sentence) != sentence
            assert gaps(gettext(sentence)) == gaps(sentence), sentence


def gaps(sentence):
    return sorted(re.findall(r"%\(\w+\)[sd]", sentence))
