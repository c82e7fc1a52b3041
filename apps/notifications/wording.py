"""Mails in the staff's own words: a small part of Django's template language, looked through before it is kept.

There are variables, `if`, `for` and a few filters; nothing loads, includes, calls or reaches into an object. A
placeholder is a path that the mail's samples have. Where it stands in HTML, it is text or a whole link, never a part
of a tag or of an address: so nobody's name becomes markup, and no code or link leaves the mail by a picture or to
another host. A subject has neither, for staff read the subjects of mails whose words are hidden from them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from html.parser import HTMLParser
from typing import Any, cast

from django.template import Context, Engine, TemplateSyntaxError
from django.template.base import FilterExpression, Node, NodeList, TextNode, Variable, VariableNode
from django.template.defaulttags import ForNode, IfNode

from apps.notifications.samples import NEEDED, states_of
from apps.notifications.secrets import CODE
from apps.notifications.templatetags.staff_mail import FILTERS

PARTS = {  # pieces of the shop's own mail, by the placeholder that stands for each
    "original": "the shop’s own subject, or all that it says between head and foot",
    "order_table": "the order with its lines and sums",
    "order_address": "where the order goes",
    "how_to_pay": "what is to be paid, how and until when",
}
LONGEST = 20_000
DEEPEST = 2  # a loop in a loop; more would make a mail out of nothing but lines
_TEXT, _LINK, _GATE = "\ue000", "\ue001", "\ue002"  # what stands in a skeleton for a placeholder, a link, an if or for
_MARKS = f"[{_TEXT}{_LINK}{_GATE}]"
_PART_OF_ADDRESS = re.compile(rf"(?:://|www\.|\.\w)[^\s<>\"]*{_MARKS}|[{_TEXT}{_LINK}]\.\w|@[{_TEXT}{_LINK}]")
_LOOSE = re.compile(r"<(?!/?[a-zA-Z])")
_TAGS = set(
    "a b blockquote br div em h1 h2 h3 hr i img li ol p pre s small span strong sub sup".split()
    + "table tbody td th thead tr u ul".split()
)
_EMPTY = {"br", "hr", "img"}
_ATTRIBUTES = set(
    "align alt border cellpadding cellspacing class colspan height role rowspan style valign width".split()
)
_LINKS = ("https://", "http://", "mailto:", "tel:")


class _StaffEngine(Engine):
    default_builtins = ["apps.notifications.templatetags.staff_mail"]


_engine = _StaffEngine()


@dataclass(frozen=True, slots=True)
class Wording:
    """What staff say in place of one mail, in one language; to begin with, what the shop says."""

    subject: str = "{{ original }}"
    html: str = "{{ original }}"
    text: str = "{{ original }}"


@dataclass(slots=True)
class Shape:
    """What a placeholder holds: text, link (or code), number, time, one of several named fields, or a list of such."""

    kind: str
    fields: dict[str, Shape] = field(default_factory=dict)
    item: Shape | None = None

    def paths(self, prefix: str = "") -> Iterator[str]:
        for name, shape in self.fields.items():
            if shape.kind != "group":
                yield f"{prefix}{name}"
            if shape.kind != "list":
                yield from shape.paths(f"{prefix}{name}.")


def shape_of(template: str) -> Shape:
    """All placeholders of that mail, from all its states."""
    return _group(states_of(template).values())


def parts_of(template: str) -> list[str]:
    is_of_order = all("order" in context for context in states_of(template).values())
    return list(PARTS) if is_of_order else ["original"]


def placeholders(template: str) -> list[str]:
    """As they are written, lists among them."""
    return [*parts_of(template), *sorted(set(shape_of(template).paths()))]


def problems(template: str, wording: Wording) -> dict[str, list[str]]:
    """What is wrong with it, by field, in sentences; empty if it can be used."""
    fields_there = shape_of(template).fields
    in_line = Shape("group", {**fields_there, "original": Shape("part")})
    whole = Shape("group", {**fields_there, **{name: Shape("part") for name in parts_of(template)}})
    shapes = {"subject": in_line, "html": whole, "text": whole}
    found = {name: _problems(getattr(wording, name), name, shape) for name, shape in shapes.items()}
    needed = NEEDED.get(template)
    for name in ("html", "text"):
        if needed and not found[name] and not _always_shows(getattr(wording, name), {needed, "original"}):
            found[name].append(
                f"Without {{{{ {needed} }}}} this mail is good for nothing: it has to stand outside of any if."
            )
    return {name: sentences for name, sentences in found.items() if sentences}


def fill(source: str, context: Mapping[str, Any], *, autoescape: bool) -> str:
    return str(_engine.from_string(source).render(Context(context, autoescape=autoescape)))


def _problems(source: str, name: str, shape: Shape) -> list[str]:
    try:
        return _read(source, name, shape)
    except RecursionError:
        return ["Its ifs go too deep."]


def _read(source: str, name: str, shape: Shape) -> list[str]:
    if not source.strip():
        return ["Say something."]
    if len(source) > LONGEST:
        return [f"It is longer than {LONGEST:,} characters."]
    if re.search(_MARKS, source):
        return ["It has a character that no mail may have."]
    try:
        parsed = _engine.from_string(source)
    except TemplateSyntaxError as error:
        return [
            f"{_first_sentence(error)} {{% if %}} and {{% for %}} may be used, and the filters {', '.join(FILTERS)}."
        ]
    reader = _Reader(shape, is_html=name == "html")
    reader.read(parsed.nodelist, {}, depth=0)
    if name == "subject" and reader.shows_link:
        reader.problems.append("A subject has no links and no codes: it is read where the mail itself is not.")
    return list(dict.fromkeys(reader.problems))


class _Reader:
    """Walks through a wording and notes what cannot be, branch by branch: each has to be whole by itself."""

    def __init__(self, shape: Shape, *, is_html: bool) -> None:
        self.shape = shape
        self.is_html = is_html
        self.shows_link = False
        self.problems: list[str] = []

    def read(self, nodes: NodeList, scope: dict[str, Shape], *, depth: int, is_branch: bool = False) -> None:
        skeleton = "".join(self._mark(node, scope, depth) for node in nodes)
        if self._glued_link(is_branch).search(skeleton):
            self.problems.append(
                "A link or code stands by itself: put a space before it, also where an if or for begins."
            )
        if _PART_OF_ADDRESS.search(skeleton):
            self.problems.append("A placeholder cannot be a part of an address: put a space before and after it.")
        if self.is_html:
            checker = _Markup()
            checker.check(skeleton)
            self.problems += checker.problems

    def _glued_link(self, is_branch: bool) -> re.Pattern[str]:
        """A link or code that may go on with what stands before it, and so take its token to that address."""
        before = r'[\s">]' if self.is_html else r'[\s"]'
        return re.compile(rf"(?<!{before}){_LINK}" if is_branch else rf"(?<!^)(?<!{before}){_LINK}")

    def _mark(self, node: Node, scope: dict[str, Shape], depth: int) -> str:
        if isinstance(node, TextNode):
            return str(node.s)
        if isinstance(node, VariableNode):
            return self._mark_variable(node.filter_expression, scope)
        if isinstance(node, IfNode):
            for condition, nodes in node.conditions_nodelists:
                for expression in _expressions(condition):
                    self._find(expression, scope)
                self.read(nodes, scope, depth=depth, is_branch=True)
        elif isinstance(node, ForNode):
            self._read_loop(node, scope, depth)
        else:
            self.problems.append(f"{type(node).__name__} cannot be used.")
        return _GATE

    def _mark_variable(self, expression: FilterExpression, scope: dict[str, Shape]) -> str:
        shape = self._find(expression, scope)
        if shape is None:
            self.problems.append("Between {{ and }} stands a placeholder; write words as they are.")
        if shape and shape.kind == "link":
            self.shows_link = True
            if expression.filters:
                self.problems.append(f"{{{{ {expression.var} }}}} is shown as it is, without filters.")
        if shape and shape.kind in {"group", "list"}:
            reason = (
                "is a list: go through it with {% for %}" if shape.kind == "list" else "has to be followed by one of"
            )
            names = "" if shape.kind == "list" else f" {', '.join(shape.fields)}"
            self.problems.append(f"{{{{ {expression.var} }}}} {reason}{names}.")
        return _LINK if shape and shape.kind == "link" else _TEXT

    def _read_loop(self, node: ForNode, scope: dict[str, Shape], depth: int) -> None:
        sequence = cast(FilterExpression, node.sequence)
        over = self._find(sequence, scope)
        if over is None or (over.kind != "any" and (over.kind != "list" or sequence.filters)):
            self.problems.append(f"{sequence.var} is no list that one can go through.")
        if len(node.loopvars) != 1 or depth >= DEEPEST:
            self.problems.append(f"A loop has one name, and at most {DEEPEST} loops stand in one another.")
            return
        item = over.item if over and over.item else Shape("any")
        loop = Shape("group", {name: Shape("number") for name in ("counter", "first", "last")})
        self.read(
            cast(NodeList, node.nodelist_loop),
            {**scope, node.loopvars[0]: item, "forloop": loop},
            depth=depth + 1,
            is_branch=True,
        )
        self.read(cast(NodeList, node.nodelist_empty), scope, depth=depth, is_branch=True)

    def _find(self, expression: FilterExpression, scope: dict[str, Shape]) -> Shape | None:
        """What the expression begins with; the arguments of its filters are looked at too. None if it is a constant."""
        for is_path, argument in [argument for _, given in expression.filters for argument in given]:
            if is_path:
                there = self._follow(argument, scope)
                if there and there.kind in {"group", "list", "link"}:
                    self.problems.append(f"{{{{ {argument.var} }}}} cannot take the place of something else.")
            elif "<" in str(argument):  # Django takes what a template says itself for markup
                self.problems.append("What a filter adds has no < in it.")
        return self._follow(expression.var, scope) if isinstance(expression.var, Variable) else None

    def _follow(self, variable: Variable, scope: dict[str, Shape]) -> Shape | None:
        if variable.lookups is None:  # a number or a text
            return None
        shape = Shape("group", {**self.shape.fields, **scope})
        for name in variable.lookups:
            if shape.kind == "any":
                return shape
            if name not in shape.fields:
                known = sorted(set(self.shape.paths()) | scope.keys() - {"forloop"})
                self.problems.append(f"There is no {{{{ {variable.var} }}}} in this mail. It has: {', '.join(known)}.")
                return Shape("any")
            shape = shape.fields[name]
        return shape


class _Markup(HTMLParser):
    """HTML that is whole and has nothing but what a mail needs; a placeholder inside a tag is a whole link."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.problems: list[str] = []

    def check(self, html: str) -> None:
        if _LOOSE.search(html):
            self.problems.append("A < that begins no tag is written as &lt;, and comments as {# this #}.")
        self.feed(html)
        if "<" in self.rawdata:
            self.problems.append("A tag is not finished where it stands: “if” and “for” go around whole tags.")
        self.close()
        if self.open:
            self.problems.append(f"<{self.open[-1]}> is not closed where it was opened.")

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in _TAGS:
            self.problems.append(
                f"<{re.sub(_MARKS, '…', tag)}> cannot be used. A mail may have: {', '.join(sorted(_TAGS))}."
            )
        for name, value in attrs:
            self._check_attribute(tag, name, value or "")
        if tag not in _EMPTY:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in _EMPTY:
            self.problems.append(f"<{tag}/> needs an end of its own: </{tag}>.")

    def handle_endtag(self, tag: str) -> None:
        if tag in _EMPTY:
            return
        if not self.open or self.open.pop() != tag:
            self.problems.append(f"</{re.sub(_MARKS, '…', tag)}> closes what was not opened last.")

    def _check_attribute(self, tag: str, name: str, value: str) -> None:
        if name == "href" and tag == "a":
            is_placeholder = value == _LINK and f'"{_LINK}"' in (self.get_starttag_text() or "")
            if not is_placeholder and (re.search(_MARKS, value) or not value.lower().startswith(_LINKS)):
                self.problems.append(
                    "A link’s href is an address, or one placeholder that is a link, between double quotes."
                )
        elif name == "src" and tag == "img":
            if re.search(_MARKS, value) or not value.startswith("https://"):
                self.problems.append("A picture is an address with https://, without placeholders.")
        elif name not in _ATTRIBUTES or re.search(_MARKS, name + value):
            shown = re.sub(_MARKS, "…", name)
            self.problems.append(f"<{tag} {shown}> cannot be used; placeholders stand in text, or are a whole link.")
        elif name == "style" and re.search(r"url|expression|import|position|[\\@]", value, re.IGNORECASE):
            self.problems.append("A style may set sizes, colours and spaces, and fetch nothing.")


def _group(records: Iterable[Mapping[str, Any]]) -> Shape:
    """One shape of several records, for what is missing in one may be there in another."""
    values: dict[str, list[Any]] = {}
    for record in records:
        for name, value in record.items():
            values.setdefault(name, []).append(value)
    return Shape("group", {name: _shape(name, there) for name, there in values.items()})


def _shape(name: str, values: list[Any]) -> Shape:
    known = [value for value in values if value is not None]
    first = known[0] if known else ""
    if isinstance(first, list):
        return Shape("list", item=_shape(name, [one for value in known for one in value]))
    if is_dataclass(first):
        group = _group({one.name: getattr(value, one.name) for one in fields(value)} for value in known)
        return Shape("money", group.fields) if group.fields.keys() == {"amount", "currency"} else group
    if isinstance(first, datetime | date):
        return Shape("time")
    if isinstance(first, int | Decimal):
        return Shape("number")
    return Shape("link" if name.endswith(("url", "link")) or first == CODE else "text")


def _expressions(condition: Any) -> Iterator[FilterExpression]:
    """The operands of an `if`; an `else` has none."""
    if condition is None:
        return
    value = getattr(condition, "value", None)
    if isinstance(value, FilterExpression):
        yield value
    for side in ("first", "second"):
        if getattr(condition, side, None) is not None:
            yield from _expressions(getattr(condition, side))


def _always_shows(source: str, names: set[str]) -> bool:
    shown = [node.filter_expression for node in _engine.from_string(source).nodelist if isinstance(node, VariableNode)]
    return any(str(one.var) in names and not one.filters for one in shown)


def _first_sentence(error: TemplateSyntaxError) -> str:
    return str(error).split(". ")[0].split(", expected")[0].rstrip(".") + "."
