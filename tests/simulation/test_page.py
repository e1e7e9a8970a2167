"""The page of a report: self-contained, well-formed, and told in words beside every picture."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest
from attrs import evolve

from hlc_adapters.simulation.charts import steps
from hlc_adapters.simulation.findings import Finding, Wrong
from hlc_adapters.simulation.page import page_of
from hlc_adapters.simulation.report import Report
from hlc_adapters.simulation.run import simulate
from hlc_adapters.simulation.wish import Wish

VOID = {"meta"}


@pytest.fixture(scope="module")
def report() -> Report:
    """A small year."""
    return simulate(Wish(seed=4, years=1, subscriptions=40))


class Page(HTMLParser):
    """Collects tags, and complains of what is not closed."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert tag == self.open.pop()

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def read(html: str) -> Page:
    """The page, parsed."""
    page = Page()
    page.feed(html)
    page.close()
    return page


def test_the_page_needs_nothing_else_and_is_well_formed(report: Report) -> None:
    """No script, no picture, no font from anywhere; every tag is closed."""
    html = page_of(report)
    page = read(html)

    assert [] == page.open
    assert not {"script", "img", "link", "iframe"} & {tag for tag, _ in page.seen}
    assert "http" not in html
    assert "prefers-color-scheme:dark" in html


def test_every_chart_is_told_in_words(report: Report) -> None:
    """Each is one image with a sentence, and its figures stand in a table."""
    html = page_of(report)
    page = read(html)
    charts = [attributes for tag, attributes in page.seen if tag == "svg"]

    assert 3 == len(charts)
    assert all("img" == chart["role"] and f'id="{chart["aria-labelledby"]}"' in html for chart in charts)
    assert 2 == sum(tag == "details" for tag, _ in page.seen)
    assert report.wish.command in html
    assert "Nothing is wrong." in page.words


def test_what_is_wrong_stands_first_and_cannot_break_the_page(report: Report) -> None:
    """A finding is shown as text, whatever it contains."""
    finding = Finding(wrong=Wrong.STUCK, subject="<script>", means='"it" & </section>')
    page = read(page_of(evolve(report, wrong={**report.wrong, Wrong.STUCK: 1}, findings=(finding,))))

    assert [] == page.open
    assert "1 thing is wrong." in page.words
    assert "<script>" in page.words


@pytest.mark.parametrize("most", [0, 1, 4, 7, 99, 100, 101, 123_456_789])
def test_an_axis_has_round_steps_that_reach_the_most(most: int) -> None:
    """Three to six lines, from zero to at least the largest value."""
    values = steps(most)

    assert 0 == values[0]
    assert most <= values[-1]
    assert 3 <= len(values) <= 6
