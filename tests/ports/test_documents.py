"""Documents: the same facts as text, HTML and PDF; every letter that a name may have."""

from __future__ import annotations

import unicodedata
from datetime import date
from typing import Any

import pytest

from hlc_adapters.documents.pdf import as_pdf
from hlc_core.kernel.documents import Document, Fact, Line, as_html, as_text
from hlc_core.kernel.money import Money
from support.printed import pages_of, text_of


def document(**more: Any) -> Document:
    """An invoice."""
    made: dict[str, Any] = {
        "title": "Invoice",
        "number": "INV-000042",
        "made_on": date(2026, 3, 2),
        "locale": "en_US",
        "sender": ("Riverside Clinic", "12 Harbour Street"),
        "to": ("Ada Marsh", "1 Elm Row"),
        "facts": (Fact(label="Due", shown=(date(2026, 3, 2),)),),
        "lines": (Line(label="Tablets <monthly> & more", amount=Money(123_456, "USD")),),
        "sums": (Line(label="Amount due", amount=Money(123_456, "USD"), strong=True),),
        "remarks": ("Thank you.",),
    }
    return Document(**{**made, **more})


NAMES = (
    "Łukasz Żółć",
    "Nguyễn Thị Ánh",
    "Ελένη Παπαδοπούλου",
    "Пётр Щукин",
    "Şükrü İğdır",
    "Őry Ürömi",
    "Նարեկ",
    "გიორგი",
    "Ðorđe Žižić",
    "Ólafur Þórðarson",
)


@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_printed_with_all_its_letters(name: str) -> None:
    """Composed or not, plain or bold: what is read back is what was written."""
    plain = text_of(as_pdf(document(to=(name,))))
    bold = text_of(as_pdf(document(sender=(name,))))
    apart = text_of(as_pdf(document(to=(unicodedata.normalize("NFD", name),))))

    assert name in plain
    assert name in bold
    assert name in apart


def test_han_and_hangul_are_told_to_the_reader_who_has_the_font() -> None:
    """They are written with fonts that every reader brings itself."""
    pdf = as_pdf(document(to=("李明 Li Ming", "김민수")))

    assert b"STSong-Light" in pdf
    assert b"HYSMyeongJo-Medium" in pdf


def test_a_letter_that_no_font_has_is_marked_not_dropped() -> None:
    """Somebody sees that something is missing."""
    assert "\ufffd" in text_of(as_pdf(document(to=("\U00012345 Ada",))))


def test_the_same_document_gives_the_same_bytes() -> None:
    """The only day in it is the document's own."""
    pdf = as_pdf(document())

    assert pdf == as_pdf(document())
    assert pdf != as_pdf(document(made_on=date(2026, 3, 3)))
    assert b"D:20260302000000Z" in pdf


@pytest.mark.parametrize(
    ("locale", "currency", "amount", "day"),
    [
        ("en_US", "USD", "$1,234.56", "March 2, 2026"),
        ("de_DE", "EUR", "1.234,56", "2. März 2026"),
        ("ja_JP", "JPY", "123,456", "2026"),
        ("en_US", "KWD", "KWD123.456", "March 2, 2026"),
    ],
)
def test_amounts_and_days_are_written_as_the_locale_does(locale: str, currency: str, amount: str, day: str) -> None:
    """And with as many digits as the currency has."""
    line = Line(label="Total", amount=Money(123_456, currency))
    text = text_of(as_pdf(document(locale=locale, lines=(line,), sums=()))).replace("\xa0", " ")

    assert amount in text
    assert day in text


def test_a_long_document_goes_on_over_pages() -> None:
    """Each page says which it is; no line is lost."""
    lines = tuple(Line(label=f"Line number {place}.", amount=Money(100, "USD")) for place in range(120))
    pdf = as_pdf(document(lines=lines))

    assert 3 < pages_of(pdf)
    assert all(f"Line number {place}." in text_of(pdf) for place in range(120))
    assert "page 4" in text_of(pdf)


def test_markup_in_names_is_text() -> None:
    """In PDF, HTML and text alike."""
    assert "Tablets <monthly> & more" in text_of(as_pdf(document()))
    assert "Tablets &lt;monthly&gt; &amp; more" in as_html(document())
    assert "<monthly>" not in as_html(document())
    assert "Tablets <monthly> & more" in as_text(document())


def test_one_long_word_does_not_stick_out() -> None:
    """It is broken, and the document still comes."""
    assert 1 == pages_of(as_pdf(document(to=("A" * 400,), lines=(Line(label="B" * 400, amount=Money(1, "USD")),))))
