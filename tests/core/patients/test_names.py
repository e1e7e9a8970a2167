"""Names as they are searched."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hlc_core.patients.names import beginning, pieces, plainly_another, similarity, sought, words

names = st.text(min_size=1, max_size=30)


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("José  O'Neill-Núñez", ("jose", "o", "neill", "nunez")),
        ("  ", ()),
        ("GROẞ", ("gross",)),
        ("李 小龙", ("李", "小龙")),
    ],
)
def test_words_have_no_case_accents_or_punctuation(name: str, found: tuple[str, ...]) -> None:
    """So that spellings meet."""
    assert found == words(name)


def test_pieces_know_where_a_word_begins_and_ends() -> None:
    """Three letters each."""
    assert {"  j", " jo", "jo "} == pieces("Jo")
    assert {"  j", " jo"} == sought("jo")
    assert ("  j", " jo") == (beginning("j"), beginning("jo"))


@given(name=names)
def test_a_name_is_most_similar_to_itself(name: str) -> None:
    """And another spelling of it as similar."""
    if words(name):
        assert similarity(name, name) >= 950
        assert similarity(name.upper().lower(), name) >= 0


@given(name=names, other=names)
def test_similarity_is_bounded(name: str, other: str) -> None:
    """Per mille; what is plainly another has no word in common."""
    assert 0 <= similarity(name, other) <= 1000
    if plainly_another(name, other):
        assert not set(words(name)) & set(words(other))


@given(name=names, letters=st.integers(1, 2))
def test_a_beginning_is_one_of_the_pieces_of_every_name_that_begins_so(name: str, letters: int) -> None:
    """So one look-up finds them all."""
    for word in words(name):
        if len(word) >= letters:
            assert beginning(word[:letters]) in pieces(name)


def test_a_misspelt_name_is_nearer_than_another() -> None:
    """One letter, a missing end, the words the other way round."""
    right = "Katherine Johnson"
    for typed in ("Kathrine Johnson", "Katherine Johns", "johnson katherine", "kath"):
        assert similarity(typed, right) > similarity(typed, "Peter Kurtz") + 300
    assert plainly_another("Ada Byron", "Charles Babbage")
    assert not plainly_another("Ada Byron", "Ada Lovelace")
    assert not plainly_another("", "Ada")
