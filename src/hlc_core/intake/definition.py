"""What a questionnaire asks: pages of items, conditions over earlier answers, scores, and what disqualifies."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum

from attrs import field, frozen


class ItemType(StrEnum):
    """What an answer is. Every answer is kept as text: numbers as digits, dates as ISO, `yes` or `no`, choice values.

    HEIGHT and WEIGHT carry their unit (`178 cm`, `70 in`, `81.5 kg`, `180 lb`). CONSENT must be agreed to when it is
    required. INFO asks nothing.
    """

    TEXT = "text"
    LONG_TEXT = "long_text"
    INTEGER = "integer"
    DECIMAL = "decimal"
    DATE = "date"
    YES_NO = "yes_no"
    CHOICE = "choice"
    CHOICES = "choices"
    HEIGHT = "height"
    WEIGHT = "weight"
    CONSENT = "consent"
    INFO = "info"


class Test(StrEnum):
    """How an answer is tested. All but the last two are unknown while there is no answer."""

    __test__ = False  # for pytest

    IS = "is"
    IS_NOT = "is_not"
    ANY_OF = "any_of"
    NONE_OF = "none_of"
    AT_LEAST = "at_least"
    AT_MOST = "at_most"
    ANSWERED = "answered"
    NOT_ANSWERED = "not_answered"


class Mode(StrEnum):
    """Whether all tests have to hold, or one is enough."""

    ALL = "all"
    ANY = "any"


@frozen(kw_only=True)
class Term:
    """One test of an earlier item, or of a computed value."""

    item: str
    test: Test
    values: tuple[str, ...] = ()


@frozen(kw_only=True)
class Condition:
    """Tests over earlier answers, joined by `mode`."""

    mode: Mode = Mode.ALL
    terms: tuple[Term, ...] = ()


@frozen(kw_only=True)
class Choice:
    """One of the answers to choose from. `score` counts in groups; `disqualifies` says why it does, if it does.

    `alone`: no other choice goes with it (none of these).
    """

    value: str
    label: str
    score: int = 0
    disqualifies: str = ""
    alone: bool = False


@frozen(kw_only=True)
class Item:
    """One question. `least` and `most` bound numbers (in cm and kg for measures) and dates (ISO, or `today`);
    `longest` bounds text. `when` None: always shown."""

    id: str
    type: ItemType
    text: str
    help: str = ""
    required: bool = True
    choices: tuple[Choice, ...] = ()
    least: str = ""
    most: str = ""
    longest: int = 0
    decimals: int = 0
    when: Condition | None = None

    @property
    def asks(self) -> bool:
        """Whether there is anything to answer."""
        return self.type is not ItemType.INFO


@frozen(kw_only=True)
class Page:
    """Items that are answered and saved together."""

    title: str
    items: tuple[Item, ...]
    text: str = ""


@frozen(kw_only=True)
class Band:
    """What a score from `at_least` on is called."""

    at_least: int
    label: str


@frozen(kw_only=True)
class ScoreGroup:
    """The sum of the scores of some items' choices, and what it means."""

    id: str
    title: str
    items: tuple[str, ...]
    bands: tuple[Band, ...] = ()


class Formula(StrEnum):
    """What can be computed from answers. BMI: of a height and a weight, with one decimal. AGE: of a date, in whole
    years on the day that it is asked."""

    BMI = "bmi"
    AGE = "age"


@frozen(kw_only=True)
class Computed:
    """A value that is computed from answers; conditions may test it like an item."""

    id: str
    formula: Formula
    title: str
    of: tuple[str, ...]


@frozen(kw_only=True)
class Disqualifier:
    """When these answers come together, the clinician is told why that speaks against approval."""

    when: Condition
    reason: str


@frozen(kw_only=True)
class Definition:
    """The content of one version of a questionnaire: what its hash pins."""

    title: str
    pages: tuple[Page, ...]
    intro: str = ""
    computed: tuple[Computed, ...] = ()
    groups: tuple[ScoreGroup, ...] = ()
    disqualifiers: tuple[Disqualifier, ...] = ()

    def items(self) -> Iterator[Item]:
        """Every item, in the order in which they are asked."""
        for page in self.pages:
            yield from page.items


@frozen(kw_only=True)
class Answer:
    """What was answered to an item; no values is no answer. Clinical: never printed."""

    item: str
    values: tuple[str, ...] = field(default=(), repr=False)


@frozen(kw_only=True)
class Score:
    """What a group of answers comes to."""

    group: str
    title: str
    points: int = field(repr=False)
    band: str = field(default="", repr=False)


@frozen(kw_only=True)
class Finding:
    """An answer, or several together, that speak against approval; `item` is empty for a rule over several."""

    item: str
    reason: str = field(repr=False)


@frozen(kw_only=True)
class Value:
    """A computed value."""

    id: str
    title: str
    value: str = field(repr=False)
