"""Writing questionnaires: what is wrong is said with its line, its path and the way to mend it."""

from __future__ import annotations

from importlib import resources
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.intake.forms import FORM, TREE, answers, publish
from hlc_adapters.demo.care import sample_questionnaires
from hlc_adapters.imports.questionnaires import decoded, read_questionnaire, read_questionnaire_files
from hlc_core.intake.api import (
    ImportQuestionnaires,
    ItemType,
    NoSuchQuestionnaire,
    NotAQuestionnaire,
    PublishQuestionnaire,
    QuestionnaireState,
    RetireQuestionnaire,
    authored,
    content_hash,
)
from hlc_core.kernel.evolve import evolve
from hlc_core.kernel.machine import IllegalTransition
from support.worlds import World

HEAD = "key: k\ntitle: T\npages:\n  - title: P\n    items:\n"


_WORDS = (
    "key", "title", "pages", "items", "id", "type", "text", "when", "all", "item", "is", "choices", "value", "label",
    "computed", "formula", "of", "scores", "bands", "disqualifiers", "reason",
)  # fmt: skip


def refused(text: str) -> dict[str, str]:
    """The faults of a text, by place."""
    with pytest.raises(NotAQuestionnaire) as refusal:
        read_questionnaire(text, "f.yaml")
    return {fault.field: fault.message for fault in refusal.value.faults}


@pytest.mark.parametrize(
    ("item", "place", "words"),
    [
        ("{id: a, type: txt, text: t}", "f.yaml:6 pages[0].items[0].type", "did you mean text?"),
        ("{id: a, type: text, text: t, requird: no}", "f.yaml:6 pages[0].items[0].requird", "did you mean required?"),
        ("{id: A b, type: text, text: t}", "f.yaml:6 pages[0].items[0].id", "lower-case letters"),
        ("{id: a, type: text}", "f.yaml:6 pages[0].items[0].text", "is needed"),
        ("{id: a, type: choice, text: t}", "f.yaml:6 pages[0].items[0].choices", "a list of 1 to 60"),
        ("{id: a, type: text, text: t, least: 3}", "f.yaml:6 pages[0].items[0].least", "only numbers"),
        ("{id: a, type: integer, text: t, least: many}", "f.yaml:6 pages[0].items[0].least", "a number"),
        (
            "{id: a, type: text, text: t, when: {item: b, is: x}}",
            "f.yaml:6 pages[0].items[0].when",
            "'b' is not the id of an earlier item",
        ),
        ("{id: a, type: text, text: t, when: {all: []}}", "f.yaml:6 pages[0].items[0].when.all", "a list of 1"),
        ("{id: a, type: text, text: t, text: u}", "f.yaml:6 pages[0].items[0].text", "is given twice"),
        (
            "{id: a, type: yes_no, text: t, disqualifies: {maybe: r}}",
            "f.yaml:6 pages[0].items[0].disqualifies.maybe",
            "known are: yes, no",
        ),
    ],
)
def test_a_fault_says_where_and_how_to_mend_it(item: str, place: str, words: str) -> None:
    """File, line and path; and what would be right."""
    faults = refused(f"{HEAD}      - {item}\n")

    assert place in faults, faults
    assert words in faults[place]


def test_all_faults_come_at_once_with_their_lines() -> None:
    """So that a file is mended in one go."""
    faults = refused(
        "key: K\npages:\n  - title: P\n    items:\n      - id: a\n        type: nonsense\n        text: t\n"
    )

    assert {"f.yaml:1 key", "f.yaml:1 title", "f.yaml:6 pages[0].items[0].type"} == set(faults)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "just words",
        "- a list",
        "key: [",
        "a: &x 1\nb: *x",
        "key: !!python/object/apply:os.system ['true']",
        "---\nkey: a\n---\nkey: b",
        "[" * 5000,
        "{" * 5000,
        "key: k\ntitle: \x07",
        '{"key": "k", "key": "l"}',
        "? [complex, key]\n: 1",
    ],
)
def test_tricks_and_broken_files_are_refused(text: str) -> None:
    """No aliases, no tags, one document, not too deep: a sentence with a place, never an error of the parser."""
    assert refused(text)


def test_only_utf8_of_a_bearable_length_is_read() -> None:
    """With the line that is not."""
    with pytest.raises(NotAQuestionnaire) as refusal:
        decoded(b"key: k\ntitle: \xff", "f.yaml")
    assert "f.yaml:2" == refusal.value.faults[0].field
    with pytest.raises(NotAQuestionnaire):
        decoded(b"x" * 1_000_001, "f.yaml")


@given(
    st.recursive(
        st.none() | st.text(max_size=12),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(list(_WORDS)), inner, max_size=5),
        max_leaves=25,
    )
)
def test_any_tree_is_either_a_questionnaire_or_refused(tree: Any) -> None:
    """Never an error of ours."""
    try:
        made = authored(tree)
    except NotAQuestionnaire:
        return
    assert [*made.definition.items()]


def test_words_stay_as_they_were_written() -> None:
    """`yes`, `no`, `08` and `null` are what YAML makes traps of."""
    choices = "choices: [{value: no, label: on}, {value: 'null', label: 1.0}]"
    text = f"{HEAD}      - {{id: 08, type: choice, text: yes, {choices}}}\n"
    item = next(read_questionnaire(text, "f.yaml").definition.items())

    assert ("08", "yes") == (item.id, item.text)
    assert [("no", "on"), ("null", "1.0")] == [(one.value, one.label) for one in item.choices]


def test_json_and_yaml_mean_the_same() -> None:
    """The same content has the same hash."""
    yaml_text = f"{HEAD}      - {{id: a, type: text, text: Why}}\n"
    json_text = '{"key":"k","title":"T","pages":[{"title":"P","items":[{"id":"a","type":"text","text":"Why"}]}]}'

    hashes = {content_hash(read_questionnaire(text, "f").definition) for text in (yaml_text, json_text)}
    assert 1 == len(hashes)


def test_five_realistic_ones_come_with_hlc() -> None:
    """Each has a consent, a date of birth for the age, and something that speaks against approval."""
    samples = sample_questionnaires()

    assert ["weight-intake", "hair-intake", "mens-health-intake", "skin-intake", "general-intake"] == [
        one.key for one in samples
    ]
    for one in samples:
        types = [item.type for item in one.definition.items()]
        assert ItemType.CONSENT in types
        assert ItemType.DATE in types
        assert one.definition.disqualifiers
    weight = {item.id for item in samples[0].definition.items()}
    assert {"glp1-last-30", "glp1-type", "medication-type", "contraindications", "height", "weight"} <= weight


def test_every_file_is_read_or_none(tmp_path: Path) -> None:
    """The faults of all files; and a key that two of them have."""
    good, bad = tmp_path / "good.yaml", tmp_path / "bad.yaml"
    good.write_text(f"{HEAD}      - {{id: a, type: text, text: t}}\n")
    bad.write_text("key: k\n")

    with pytest.raises(NotAQuestionnaire) as refusal:
        read_questionnaire_files([bad, good, tmp_path / "none.yaml"])
    assert {"bad.yaml:1", str(tmp_path / "none.yaml")} == {one.field.split(" ")[0] for one in refusal.value.faults}
    with pytest.raises(NotAQuestionnaire, match="same key"):
        read_questionnaire_files([good, good])


def test_a_changed_questionnaire_is_a_new_version_and_running_ones_keep_theirs(world: World) -> None:
    """New, same, changed; the one in use before is retired; a retired one can be brought back only as a new one."""
    publish(world)
    changed = evolve(FORM, definition=evolve(FORM.definition, title="Another title"))

    again = world.execute(ImportQuestionnaires(questionnaires=(FORM,)))[0]
    draft = world.execute(ImportQuestionnaires(questionnaires=(changed,), publish=False))[0]
    assert ("same", 1, QuestionnaireState.PUBLISHED) == (again.outcome, again.number, again.state)
    assert ("changed", 2, QuestionnaireState.DRAFT) == (draft.outcome, draft.number, draft.state)
    published = world.execute(PublishQuestionnaire(key="intake"))
    assert 2 == published.number
    assert published == world.execute(PublishQuestionnaire(key="intake"))
    with pytest.raises(IllegalTransition):
        world.execute(PublishQuestionnaire(key="intake", number=1))
    world.execute(RetireQuestionnaire(key="intake"))
    back = world.execute(ImportQuestionnaires(questionnaires=(changed,)))[0]
    assert ("changed", 3, QuestionnaireState.PUBLISHED) == (back.outcome, back.number, back.state)
    with pytest.raises(NoSuchQuestionnaire):
        world.execute(PublishQuestionnaire(key="nothing"))


def test_the_samples_are_in_the_package() -> None:
    """Where the demo and the guide find them."""
    folder = resources.files("hlc_adapters.samples").joinpath("questionnaires")

    assert 5 == sum(one.name.endswith(".yaml") for one in folder.iterdir())
    assert TREE["key"] == FORM.key
    assert answers()
