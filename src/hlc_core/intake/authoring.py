"""From the plain tree of a file to a checked definition; everything at fault is named at once, with its path.

The tree has only objects (with text keys), lists and texts: every scalar of the file as it was written.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from difflib import get_close_matches
from enum import StrEnum
from typing import TypeVar

from attrs import define, field, frozen

from hlc_core.intake.checking import inconsistencies
from hlc_core.intake.definition import (
    Band,
    Choice,
    Computed,
    Condition,
    Definition,
    Disqualifier,
    Formula,
    Item,
    ItemType,
    Mode,
    Page,
    ScoreGroup,
    Term,
    Test,
)
from hlc_core.intake.errors import NotAQuestionnaire
from hlc_core.kernel.errors import Fault

T = TypeVar("T")
W = TypeVar("W", bound=StrEnum)

_ID = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?")
_WHOLE = re.compile(r"-?\d{1,6}", re.ASCII)
_UNPRINTED = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
MOST_FAULTS = 100

_IDS = "lower-case letters, digits and dashes, at most 64, such as glp1-last-30"


@frozen(kw_only=True)
class Authored:
    """A questionnaire as somebody wrote it: the word that products name, and the content."""

    key: str
    definition: Definition


def authored(tree: object) -> Authored:
    """The questionnaire of the tree. Refuses: NotAQuestionnaire, naming every path at fault (at most 100)."""
    reader = _Reader()
    root = reader.fields(tree, "", ("key", "title", "intro", "pages", "computed", "scores", "disqualifiers"))
    key = reader.id(root, "key", "")
    definition = Definition(
        title=reader.text(root, "title", "", 120, needed=True),
        intro=reader.text(root, "intro", "", 2000),
        pages=reader.rows(root, "pages", "", lambda value, at: _page(reader, value, at), least=1, most=50),
        computed=reader.rows(root, "computed", "", lambda value, at: _computed(reader, value, at), most=20),
        groups=reader.rows(root, "scores", "", lambda value, at: _group(reader, value, at), most=20),
        disqualifiers=reader.rows(
            root, "disqualifiers", "", lambda value, at: _disqualifier(reader, value, at), most=50
        ),
    )
    faults = reader.faults or [*inconsistencies(definition)]
    if faults:
        raise NotAQuestionnaire("This questionnaire cannot be used.", *faults[:MOST_FAULTS])
    return Authored(key=key, definition=definition)


@define
class _Reader:
    """Reads values of the tree and collects what is wrong with them."""

    faults: list[Fault] = field(factory=list)

    def fault(self, at: str, message: str) -> None:
        """Note what is wrong at the path."""
        self.faults.append(Fault(at or "questionnaire", message))

    def fields(self, value: object, at: str, known: Sequence[str]) -> Mapping[str, object]:
        """The object, with no keys but the known ones."""
        if not isinstance(value, dict):
            self.fault(at, f"must be an object with: {', '.join(known)}")
            return {}
        for key in value:
            if key not in known:
                near = get_close_matches(str(key), known, 1)
                hint = f"did you mean {near[0]}?" if near else f"known are: {', '.join(known)}"
                self.fault(_under(at, str(key)), f"is not known here; {hint}")
        return value

    def text(self, of: Mapping[str, object], name: str, at: str, most: int, needed: bool = False) -> str:
        """The text of that name, trimmed."""
        value = of.get(name)
        path = _under(at, name)
        if value is None or value == "":
            if needed:
                self.fault(path, "is needed")
            return ""
        if not isinstance(value, str):
            self.fault(path, "must be a text")
            return ""
        trimmed = value.strip().replace("\r\n", "\n")
        if len(trimmed) > most or _UNPRINTED.search(trimmed):
            self.fault(path, f"must be plain text of at most {most} characters")
        return trimmed

    def id(self, of: Mapping[str, object], name: str, at: str) -> str:
        """The id of that name."""
        value = self.text(of, name, at, 64, needed=True)
        if value and not _ID.fullmatch(value):
            self.fault(_under(at, name), _IDS)
        return value

    def word(self, of: Mapping[str, object], name: str, at: str, words: type[W], default: W) -> W:
        """The choice of that name."""
        value = self.text(of, name, at, 40, needed=True)
        if not value or value in list(words):
            return words(value) if value else default
        near = get_close_matches(value, list(words), 1)
        hint = f"; did you mean {near[0]}?" if near else ""
        self.fault(_under(at, name), f"must be one of: {', '.join(words)}{hint}")
        return default

    def yes(self, of: Mapping[str, object], name: str, at: str, default: bool) -> bool:
        """The yes or no of that name."""
        value = of.get(name)
        if value is None:
            return default
        if not isinstance(value, str) or value.lower() not in ("yes", "no", "true", "false"):
            self.fault(_under(at, name), "must be yes or no")
            return default
        return value.lower() in ("yes", "true")

    def whole(self, of: Mapping[str, object], name: str, at: str, default: int = 0) -> int:
        """The whole number of that name."""
        value = of.get(name)
        if value is None:
            return default
        if not isinstance(value, str) or not _WHOLE.fullmatch(value.strip()):
            self.fault(_under(at, name), "must be a whole number")
            return default
        return int(value)

    def words(self, of: Mapping[str, object], name: str, at: str) -> tuple[str, ...]:
        """The texts of that name: a list, or one text."""
        value = of.get(name)
        listed = [value] if isinstance(value, str) else value
        if not isinstance(listed, list) or not listed or not all(isinstance(one, str) and one for one in listed):
            self.fault(_under(at, name), "must be a list of texts")
            return ()
        return tuple(str(one).strip() for one in listed)

    def rows(
        self,
        of: Mapping[str, object],
        name: str,
        at: str,
        read: Callable[[object, str], T],
        least: int = 0,
        most: int = 200,
    ) -> tuple[T, ...]:
        """The list of that name, each value read."""
        value, path = of.get(name), _under(at, name)
        if value is None and not least:
            return ()
        if not isinstance(value, list) or not least <= len(value) <= most:
            self.fault(path, f"must be a list of {least} to {most}")
            return ()
        return tuple(read(one, f"{path}[{place}]") for place, one in enumerate(value))


def _under(at: str, name: str) -> str:
    return f"{at}.{name}" if at else name


def _page(reader: _Reader, value: object, at: str) -> Page:
    of = reader.fields(value, at, ("title", "text", "items"))
    return Page(
        title=reader.text(of, "title", at, 120, needed=True),
        text=reader.text(of, "text", at, 2000),
        items=reader.rows(of, "items", at, lambda one, path: _item(reader, one, path), least=1, most=60),
    )


_ITEM = (
    "id", "type", "text", "help", "required", "choices", "least", "most", "longest", "decimals", "when", "disqualifies",
    "scores",
)  # fmt: skip


def _item(reader: _Reader, value: object, at: str) -> Item:
    of = reader.fields(value, at, _ITEM)
    type_ = reader.word(of, "type", at, ItemType, ItemType.TEXT)
    longest = reader.whole(of, "longest", at)
    if not 0 <= longest <= 10_000:
        reader.fault(_under(at, "longest"), "must lie between 1 and 10000")
    decimals = reader.whole(of, "decimals", at)
    if not 0 <= decimals <= 6:
        reader.fault(_under(at, "decimals"), "must lie between 1 and 6")
    return Item(
        id=reader.id(of, "id", at),
        type=type_,
        text=reader.text(of, "text", at, 2000, needed=True),
        help=reader.text(of, "help", at, 500),
        required=reader.yes(of, "required", at, default=type_ is not ItemType.INFO),
        choices=_yes_no(reader, of, at) if type_ is ItemType.YES_NO else _choices(reader, of, at, type_),
        least=reader.text(of, "least", at, 20),
        most=reader.text(of, "most", at, 20),
        longest=longest,
        decimals=decimals,
        when=_when(reader, of["when"], _under(at, "when")) if "when" in of else None,
    )


def _choices(reader: _Reader, of: Mapping[str, object], at: str, type_: ItemType) -> tuple[Choice, ...]:
    for name in ("disqualifies", "scores"):
        if name in of:
            reader.fault(_under(at, name), "belongs to yes_no items; elsewhere write it at the choice")
    if type_ not in (ItemType.CHOICE, ItemType.CHOICES):
        if "choices" in of:
            reader.fault(_under(at, "choices"), "only choice and choices items have them")
        return ()
    return reader.rows(of, "choices", at, lambda one, path: _choice(reader, one, path), least=1, most=60)


def _choice(reader: _Reader, value: object, at: str) -> Choice:
    of = reader.fields(value, at, ("value", "label", "score", "disqualifies", "alone"))
    return Choice(
        value=reader.id(of, "value", at),
        label=reader.text(of, "label", at, 300, needed=True),
        score=reader.whole(of, "score", at),
        disqualifies=reader.text(of, "disqualifies", at, 300),
        alone=reader.yes(of, "alone", at, default=False),
    )


def _yes_no(reader: _Reader, of: Mapping[str, object], at: str) -> tuple[Choice, ...]:
    """The two answers of a yes_no item: `disqualifies: {yes: reason}` and `scores: {yes: 1}` say more of them."""
    if "choices" in of:
        reader.fault(_under(at, "choices"), "yes_no items have none; write disqualifies or scores with yes and no")
    speaks, scores = _under(at, "disqualifies"), _under(at, "scores")
    against = reader.fields(of["disqualifies"], speaks, ("yes", "no")) if "disqualifies" in of else {}
    points = reader.fields(of["scores"], scores, ("yes", "no")) if "scores" in of else {}
    return tuple(
        Choice(
            value=value,
            label=label,
            score=reader.whole(points, value, scores),
            disqualifies=reader.text(against, value, speaks, 300),
        )
        for value, label in (("yes", "Yes"), ("no", "No"))
    )


def _when(reader: _Reader, value: object, at: str) -> Condition:
    """`{item: x, is: yes}`, or `{all: [...]}`, or `{any: [...]}`."""
    if isinstance(value, dict) and "item" in value:
        return Condition(terms=(_term(reader, value, at),))
    of = reader.fields(value, at, ("all", "any"))
    if len(of) != 1:
        reader.fault(at, "must be one test, or `all` or `any` with a list of tests")
        return Condition()
    mode = Mode.ALL if "all" in of else Mode.ANY
    return Condition(
        mode=mode, terms=reader.rows(of, mode, at, lambda one, path: _term(reader, one, path), least=1, most=20)
    )


_TESTS = {test.value: test for test in Test}


def _term(reader: _Reader, value: object, at: str) -> Term:
    of = reader.fields(value, at, ("item", *_TESTS))
    item = reader.id(of, "item", at)
    named = [name for name in of if name in _TESTS]
    if len(named) != 1:
        reader.fault(at, f"must have one test: {', '.join(_TESTS)}")
        return Term(item=item, test=Test.ANSWERED)
    test = _TESTS[named[0]]
    if test in (Test.ANSWERED, Test.NOT_ANSWERED):
        if not reader.yes(of, named[0], at, default=True):
            reader.fault(_under(at, named[0]), "must be yes; the other way round has a name of its own")
        return Term(item=item, test=test)
    values = reader.words(of, named[0], at)
    if test not in (Test.ANY_OF, Test.NONE_OF) and len(values) > 1:
        reader.fault(_under(at, named[0]), "must be one value")
    return Term(item=item, test=test, values=values)


def _computed(reader: _Reader, value: object, at: str) -> Computed:
    of = reader.fields(value, at, ("id", "formula", "title", "of"))
    return Computed(
        id=reader.id(of, "id", at),
        formula=reader.word(of, "formula", at, Formula, Formula.BMI),
        title=reader.text(of, "title", at, 120, needed=True),
        of=reader.words(of, "of", at),
    )


def _group(reader: _Reader, value: object, at: str) -> ScoreGroup:
    of = reader.fields(value, at, ("id", "title", "items", "bands"))
    return ScoreGroup(
        id=reader.id(of, "id", at),
        title=reader.text(of, "title", at, 120, needed=True),
        items=reader.words(of, "items", at),
        bands=reader.rows(of, "bands", at, lambda one, path: _band(reader, one, path), most=20),
    )


def _band(reader: _Reader, value: object, at: str) -> Band:
    of = reader.fields(value, at, ("at_least", "label"))
    return Band(at_least=reader.whole(of, "at_least", at), label=reader.text(of, "label", at, 120, needed=True))


def _disqualifier(reader: _Reader, value: object, at: str) -> Disqualifier:
    of = reader.fields(value, at, ("when", "reason"))
    if "when" not in of:
        reader.fault(_under(at, "when"), "is needed")
    return Disqualifier(
        when=_when(reader, of["when"], _under(at, "when")) if "when" in of else Condition(),
        reason=reader.text(of, "reason", at, 300, needed=True),
    )
