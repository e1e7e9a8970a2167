"""Small strings: what is accepted comes out clean, everything else is refused and says where."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hlc_core.kernel.errors import Invalid
from hlc_core.kernel.paging import limited
from hlc_core.kernel.text import email, folded, line, slug


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("ada@example.com", "ada@example.com"),
        ("  Ada.Byron+x@Example.COM ", "Ada.Byron+x@example.com"),
        ("a@b.c", "a@b.c"),
        ("ünï@exämple.org", "ünï@exämple.org"),
    ],
)
def test_an_address_is_trimmed_and_its_domain_lowered(written: str, kept: str) -> None:
    """The part before the at sign is the owner's business."""
    assert kept == email(written)


@pytest.mark.parametrize(
    "written",
    [
        "", "ada", "@example.com", "ada@", "ada@example", "a b@example.com", "ada@exa mple.com", "a@@example.com",
        "a@b@example.com", "ada@example..com", "ada@.com", "ada@example.com.", "a\n@example.com", "a\x00@example.com",
        "ada@example.com\r\nBcc: eve@example.com", "a" * 65 + "@example.com", "a@" + "b" * 250 + ".com", "a\x7f@b.com",
    ],
)  # fmt: skip
def test_what_is_no_address_is_refused_at_its_field(written: str) -> None:
    """No second line, no blanks, no control characters: an address goes into a message's header."""
    with pytest.raises(Invalid) as refused:
        email(written, "contact.email")

    assert ["contact.email"] == [fault.field for fault in refused.value.faults]


@given(st.text(max_size=80))
def test_a_line_is_one_line(text: str) -> None:
    """Whatever is accepted has no line break of any alphabet, no control character and no blanks around it."""
    try:
        kept = line(text, "name", most=60)
    except Invalid:
        return

    assert len(kept.splitlines()) <= 1
    assert kept == kept.strip()
    assert len(kept) <= 60


@pytest.mark.parametrize("written", ["a\nb", "a\rb", "a\x00b", "a\x1bb", "a\x7fb", "a\x85b", "a\u2028b", "a\u2029b"])
def test_a_second_line_is_refused(written: str) -> None:
    """Also where only some programs see a line break."""
    with pytest.raises(Invalid):
        line(written, "name")


def test_the_length_of_a_line_is_bounded_on_both_sides() -> None:
    """Counted without the blanks around it."""
    assert "ab" == line(" ab ", "name", most=2, least=2)
    for text in ("a", "abc", "   "):
        with pytest.raises(Invalid):
            line(text, "name", most=2, least=2)


@pytest.mark.parametrize("good", ["a", "clinic", "clinic-2", "0", "a" * 64])
def test_a_slug_is_kept_as_it_is(good: str) -> None:
    """Lower-case letters, digits, dashes inside."""
    assert good == slug(good)


@pytest.mark.parametrize("bad", ["", "-a", "a-", "A", "a b", "a/b", "ä", "a\n", "a" * 65, "../a", "a.b"])
def test_what_is_no_slug_is_refused(bad: str) -> None:
    """It stands in addresses."""
    with pytest.raises(Invalid):
        slug(bad)


@given(st.text())
def test_folding_twice_changes_nothing_more(text: str) -> None:
    """The folded form is the form under which spellings are compared."""
    assert folded(text) == folded(folded(text))


def test_folding_makes_spellings_equal() -> None:
    """Case and blanks around do not count."""
    assert folded(" Straße ") == folded("STRASSE")


@pytest.mark.parametrize("limit", [-1, 0, 201])
def test_a_page_size_out_of_bounds_is_refused(limit: int) -> None:
    """Nobody asks for everything at once."""
    with pytest.raises(Invalid):
        limited(limit)


def test_page_sizes_within_bounds_are_served() -> None:
    """From one to two hundred."""
    assert (1, 200) == (limited(1), limited(200))
