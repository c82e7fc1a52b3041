"""Other people's words, made harmless: what they typed is shown, and is never a line, a direction or a link."""

from __future__ import annotations

import re
import unicodedata

_BREAKS = {"Cc", "Cs", "Zl", "Zp"}  # control characters, halves of a pair, line and paragraph separators
_DOMAIN_DOT = re.compile(r"[.\u3002\uff0e\uff61](?=[^\W\d_])")  # all that browsers take for a dot, then a letter


def one_line(text: str, *, limit: int) -> str:
    """The text without line breaks and invisible marks, such as those that turn the direction; at most `limit` long."""
    kinds = ((char, unicodedata.category(char)) for char in text[: 10 * limit])
    spaced = "".join(" " if kind in _BREAKS else char for char, kind in kinds if kind != "Cf")
    line = " ".join(spaced.split())
    return line if len(line) <= limit else f"{line[: limit - 1].rstrip()}…"


def said_by_user(text: str, *, limit: int) -> str:
    """One line in which no mail program finds a link: "Win at evil.example" becomes "Win at evil. example"."""
    unlinked = _DOMAIN_DOT.sub(". ", one_line(text, limit=10 * limit).replace("://", ": //"))
    return one_line(unlinked, limit=limit)
