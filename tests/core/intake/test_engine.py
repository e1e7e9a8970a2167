"""The questionnaire engine: whatever is asked and whatever is answered, hidden answers count for nothing."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.intake.forms import FORM, GOOD, TODAY, answers
from hlc_core.intake.answering import Unusable, usable
from hlc_core.intake.asking import merged
from hlc_core.intake.checking import inconsistencies
from hlc_core.intake.definition import (
    Answer,
    Choice,
    Condition,
    Definition,
    Item,
    ItemType,
    Mode,
    Page,
    Term,
    Test,
)
from hlc_core.intake.hashing import content_hash
from hlc_core.intake.judging import findings, judged, scores, values
from hlc_core.intake.visibility import holds, prune, validate, visible
from hlc_core.kernel.evolve import evolve

IDS = [f"q{number}" for number in range(8)]
WORDS = ["a", "b", "yes", "no", "5", "12", "1999-01-01", "178 cm", "x y", "", " "]


@st.composite
def conditions(draw: st.DrawFn, earlier: list[str]) -> Condition:
    """All or any over items that come earlier."""
    terms = draw(
        st.lists(
            st.builds(
                Term,
                item=st.sampled_from(earlier),
                test=st.sampled_from(list(Test)),
                values=st.lists(st.sampled_from(WORDS[:7]), min_size=1, max_size=2).map(tuple),
            ),
            min_size=1,
            max_size=3,
        )
    )
    return Condition(mode=draw(st.sampled_from(list(Mode))), terms=tuple(terms))


@st.composite
def definitions(draw: st.DrawFn) -> Definition:
    """Up to eight items of any type on up to three pages, some of them conditional."""
    items: list[Item] = []
    for id in IDS[: draw(st.integers(1, 8))]:
        type_ = draw(st.sampled_from(list(ItemType)))
        chosen = type_ in (ItemType.CHOICE, ItemType.CHOICES, ItemType.YES_NO)
        words = ("yes", "no") if type_ is ItemType.YES_NO else ("a", "b")
        earlier = [item.id for item in items]
        when = draw(st.none() | conditions(earlier)) if earlier else None
        items.append(
            Item(
                id=id,
                type=type_,
                text=id,
                required=draw(st.booleans()),
                choices=tuple(Choice(value=word, label=word, score=1) for word in words) if chosen else (),
                when=when,
            )
        )
    cuts = sorted(draw(st.sets(st.integers(1, 7), max_size=2)))
    parts = [items[start:end] for start, end in zip([0, *cuts], [*cuts, len(items)], strict=True)]
    return Definition(title="t", pages=tuple(Page(title="p", items=tuple(part)) for part in parts if part))


def given_answers() -> st.SearchStrategy[tuple[Answer, ...]]:
    """Answers to some of the items, of any sort, and to one that is not asked."""
    return st.dictionaries(
        st.sampled_from([*IDS, "nothing"]),
        st.sampled_from([(word,) for word in WORDS[:4]])
        | st.lists(st.sampled_from(WORDS) | st.text(max_size=8), max_size=3).map(tuple),
        min_size=3,
    ).map(lambda found: tuple(Answer(item=item, values=values) for item, values in found.items()))


@given(definitions(), given_answers())
def test_hidden_answers_never_survive(definition: Definition, some: tuple[Answer, ...]) -> None:
    """What is left are answers to items that are shown, in the order of asking."""
    left = prune(definition, some, TODAY)
    shown = [item.id for item in visible(definition, some, TODAY)]

    assert {one.item for one in left} <= set(shown)
    assert [one.item for one in left] == [id for id in shown if id in {one.item for one in left}]


@given(definitions(), given_answers())
def test_pruning_twice_is_pruning_once_and_changes_nothing_that_is_shown(
    definition: Definition, some: tuple[Answer, ...]
) -> None:
    """A hidden answer makes no other item appear or vanish."""
    left = prune(definition, some, TODAY)

    assert left == prune(definition, left, TODAY)
    assert visible(definition, some, TODAY) == visible(definition, left, TODAY)
    assert validate(definition, some, TODAY) == validate(definition, left, TODAY)
    assert judged("k", definition, some, TODAY) == judged("k", definition, left, TODAY)


def test_a_hidden_answer_makes_nothing_appear() -> None:
    """Three in a row: the first hides the second, whose old answer would show the third."""

    def after(item: str) -> Condition:
        return Condition(terms=(Term(item=item, test=Test.IS, values=("yes",)),))

    items = tuple(
        Item(id=id, type=ItemType.TEXT, text=id, when=when)
        for id, when in (("one", None), ("two", after("one")), ("three", after("two")))
    )
    chain = Definition(title="t", pages=(Page(title="p", items=items),))
    some = tuple(Answer(item=id, values=(word,)) for id, word in (("one", "no"), ("two", "yes"), ("three", "yes")))

    assert ["one"] == [item.id for item in visible(chain, some, TODAY)]
    assert (some[0],) == prune(chain, some, TODAY)


@given(definitions(), given_answers(), st.randoms(use_true_random=False))
def test_the_order_of_answers_does_not_matter(definition: Definition, some: tuple[Answer, ...], draw: object) -> None:
    """They are a set."""
    mixed = list(some)
    draw.shuffle(mixed)  # type: ignore[attr-defined]  # a random.Random

    assert prune(definition, some, TODAY) == prune(definition, mixed, TODAY)


@given(definitions(), given_answers(), st.data())
def test_page_by_page_in_any_order_is_the_same_as_in_one_go(
    definition: Definition, some: tuple[Answer, ...], data: st.DataObject
) -> None:
    """However the answers are cut into saves, whichever comes first, on whichever device."""
    order = data.draw(st.permutations(some))
    kept: tuple[Answer, ...] = ()
    while order:
        cut = data.draw(st.integers(1, len(order)))
        kept, order = merged(kept, order[:cut], definition), order[cut:]

    assert prune(definition, merged((), some, definition), TODAY) == prune(definition, kept, TODAY)


@given(definitions(), given_answers())
def test_validation_is_total_and_repeats_no_answer(definition: Definition, some: tuple[Answer, ...]) -> None:
    """Whatever was typed; each fault names an item that is shown, and says nothing of what was typed."""
    secret = tuple(evolve(one, values=tuple(f"{value}~canary" for value in one.values)) for one in some)

    faults = validate(definition, secret, TODAY)

    assert {fault.field for fault in faults} <= {item.id for item in visible(definition, secret, TODAY)}
    assert all("canary" not in fault.message for fault in faults)


@given(definitions(), given_answers())
def test_what_is_usable_stays_as_it_is_kept(definition: Definition, some: tuple[Answer, ...]) -> None:
    """An answer that was read once is read again to the same."""
    items = {item.id: item for item in definition.items()}
    for one in some:
        if one.item not in items:
            continue
        try:
            kept = usable(items[one.item], one.values, TODAY)
        except Unusable:
            continue
        assert kept == usable(items[one.item], kept, TODAY)


@given(conditions(IDS[:3]), st.dictionaries(st.sampled_from(IDS[:3]), st.tuples(st.sampled_from(WORDS[:7]))))
def test_an_unknown_answer_decides_only_what_no_answer_could_change(
    condition: Condition, known: Mapping[str, tuple[str, ...]]
) -> None:
    """Three-valued: what is true or false now stays so, whatever the open questions are answered with."""
    definition = Definition(
        title="t", pages=(Page(title="p", items=tuple(Item(id=id, type=ItemType.TEXT, text=id) for id in IDS[:3])),)
    )
    plain = evolve(
        condition,
        terms=tuple(one for one in condition.terms if one.test not in (Test.ANSWERED, Test.NOT_ANSWERED)),
    )
    now = holds(plain, definition, known, TODAY)
    for word in WORDS[:7]:
        later = holds(plain, definition, {**dict.fromkeys(IDS[:3], (word,)), **known}, TODAY)
        assert now is None or plain.terms == () or later == now


@given(definitions())
def test_equal_content_has_the_equal_hash(definition: Definition) -> None:
    """And another title another one."""
    again = evolve(definition, pages=tuple(evolve(page) for page in definition.pages))

    assert content_hash(definition) == content_hash(again)
    assert content_hash(definition) != content_hash(evolve(definition, title="other"))


@pytest.mark.parametrize(
    ("type_", "typed", "kept"),
    [
        (ItemType.TEXT, "  plain ", "plain"),
        (ItemType.INTEGER, "007", "7"),
        (ItemType.DECIMAL, "12,50", "12.5"),
        (ItemType.DECIMAL, "-0", "0"),
        (ItemType.DATE, "1984-03-31", "1984-03-31"),
        (ItemType.HEIGHT, "5'10", "70 in"),
        (ItemType.HEIGHT, "5 ft 10 in", "70 in"),
        (ItemType.HEIGHT, "6'", "72 in"),
        (ItemType.HEIGHT, "1.78 m", "178 cm"),
        (ItemType.HEIGHT, "178cm", "178 cm"),
        (ItemType.WEIGHT, "180 LBS", "180 lb"),
        (ItemType.WEIGHT, "81.50 kg", "81.5 kg"),
        (ItemType.LONG_TEXT, "one\r\ntwo", "one\ntwo"),
    ],
)
def test_answers_are_kept_in_one_form(type_: ItemType, typed: str, kept: str) -> None:
    """However people write them."""
    assert (kept,) == usable(Item(id="q", type=type_, text="q"), (typed,), TODAY)


@pytest.mark.parametrize(
    ("type_", "typed"),
    [
        (ItemType.INTEGER, "1.5"),
        (ItemType.INTEGER, "٣"),
        (ItemType.INTEGER, "9" * 30),
        (ItemType.DECIMAL, "1e9"),
        (ItemType.DECIMAL, "NaN"),
        (ItemType.DECIMAL, "1.2345"),
        (ItemType.DATE, "2026-02-30"),
        (ItemType.DATE, "0001-01-01"),
        (ItemType.DATE, "31.03.1984"),
        (ItemType.HEIGHT, "5'13"),
        (ItemType.HEIGHT, "180"),
        (ItemType.WEIGHT, "12 st"),
        (ItemType.YES_NO, "maybe"),
        (ItemType.TEXT, "two\nlines"),
        (ItemType.TEXT, "x" * 201),
        (ItemType.LONG_TEXT, "nul\x00"),
        (ItemType.CONSENT, "ok"),
    ],
)
def test_what_is_no_answer_is_refused_without_repeating_it(type_: ItemType, typed: str) -> None:
    """With a sentence that says what is asked."""
    with pytest.raises(Unusable) as refusal:
        usable(Item(id="q", type=type_, text="q"), (typed,), TODAY)

    assert str(refusal.value).endswith(".")
    assert typed not in str(refusal.value)


def test_bounds_count_in_every_unit() -> None:
    """A height in inches is held against centimetres; `today` is today."""
    tall = Item(id="q", type=ItemType.HEIGHT, text="q", least="100", most="250")
    past = Item(id="q", type=ItemType.DATE, text="q", most="today")

    assert ("70 in",) == usable(tall, ("70 in",), TODAY)
    with pytest.raises(Unusable, match="at least 100 cm and at most 250 cm"):
        usable(tall, ("12 in",), TODAY)
    with pytest.raises(Unusable):
        usable(past, (date(2026, 1, 16).isoformat(),), TODAY)


def test_good_answers_are_complete_and_come_to_something() -> None:
    """Scores with their band, the body mass index, and no word against approval."""
    assert () == validate(FORM.definition, answers(), TODAY)
    assert [("risk", 0, "low")] == [(s.group, s.points, s.band) for s in scores(FORM.definition, answers(), TODAY)]
    assert [("bmi", "31.1")] == [(v.id, v.value) for v in values(FORM.definition, answers(), TODAY)]
    assert () == findings(FORM.definition, answers(), TODAY)


def test_disqualifying_answers_and_rules_are_found() -> None:
    """A choice that disqualifies, and a rule over a computed value."""
    thin = answers(conditions=("mtc", "gallstones"), weight=("70 kg",), glp1=("yes",), glp1_name=("Ozempic",))

    assert [("conditions", "Thyroid cancer."), ("", "BMI below 27.")] == [
        (one.item, one.reason) for one in findings(FORM.definition, thin, TODAY)
    ]
    assert [(3, "raised")] == [(one.points, one.band) for one in scores(FORM.definition, thin, TODAY)]


def test_an_answer_that_goes_with_no_other_stands_alone() -> None:
    """None of these, and one of these: refused."""
    conditions_ = next(item for item in FORM.definition.items() if item.id == "conditions")

    with pytest.raises(Unusable, match="goes with no other"):
        usable(conditions_, ("none", "mtc"), TODAY)
    assert ("mtc", "gallstones") == usable(conditions_, ("gallstones", "mtc"), TODAY)


def test_the_forms_of_these_tests_are_sound() -> None:
    """As every imported one is."""
    assert [] == [*inconsistencies(FORM.definition)]
    assert GOOD
