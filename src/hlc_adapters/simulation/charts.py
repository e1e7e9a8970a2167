"""Charts as inline SVG: bars and lines with an axis, colours of the style sheet, words for those who listen."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape

from attrs import frozen

_WIDTH, _HEIGHT = 760, 260
_LEFT, _RIGHT, _TOP, _BOTTOM = 64, 16, 14, 30

Words = Callable[[int], str]


@frozen(kw_only=True)
class Series:
    """Values in order, drawn in the colour of that class."""

    name: str
    colour: str
    values: Sequence[int]


def steps(most: int) -> list[int]:
    """Round values from zero to at least `most`, three to six of them."""
    size = 1
    while True:
        for factor in (1, 2, 5):
            if size * factor * 5 >= most:
                step = size * factor
                return [step * number for number in range(max(3, -(-most // step) + 1))]
        size *= 10


def bars(id: str, says: str, labels: Sequence[str], series: Sequence[Series], words: Words) -> str:
    """A bar for each label, the later series in front; `says` is the sentence for those who do not see them."""
    edge = steps(max((value for one in series for value in one.values), default=0))
    slot = (_WIDTH - _LEFT - _RIGHT) / max(1, len(labels))
    width = max(1.0, slot * 0.72)
    drawn = [
        f'<rect class="{one.colour}" x="{_LEFT + slot * (place + 0.14):.1f}" '
        f'y="{_y(value, edge[-1]):.1f}" width="{width:.1f}" height="{_y(0, edge[-1]) - _y(value, edge[-1]):.1f}" '
        f'rx="{min(2.0, width / 3):.1f}"><title>{escape(f"{label}: {one.name} {words(value)}")}</title></rect>'
        for one in series
        for place, (label, value) in enumerate(zip(labels, one.values, strict=True))
    ]
    ticks = [
        _tick(_LEFT + slot * (place + 0.5), labels[place])
        for place in range(0, len(labels), max(1, -(-len(labels) // 12)))
    ]
    return _chart(id, says, edge, words, [*drawn, *ticks])


def lines(
    id: str, says: str, labels: Sequence[str], series: Sequence[Series], words: Words, most: int | None = None
) -> str:
    """Lines over evenly spaced labels, each with its name at its end."""
    edge = steps(max(most or 0, *(value for one in series for value in one.values), 1))
    last = max(1, len(labels) - 1)
    room = _WIDTH - _LEFT - _RIGHT
    drawn = []
    for one in series:
        points = [(_LEFT + room * place / last, _y(value, edge[-1])) for place, value in enumerate(one.values)]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        drawn.append(f'<polyline class="{one.colour} line" points="{path}"/>')
        if points:
            x, y = points[-1]
            drawn.append(f'<circle class="{one.colour}" cx="{x:.1f}" cy="{y:.1f}" r="3.5"/>')
    ticks = [
        _tick(_LEFT + room * place / last, labels[place])
        for place in range(0, len(labels), max(1, -(-len(labels) // 12)))
    ]
    return _chart(id, says, edge, words, [*drawn, *ticks])


def legend(series: Sequence[Series]) -> str:
    """What each colour stands for."""
    items = "".join(f'<li><span class="{one.colour} key"></span>{escape(one.name)}</li>' for one in series)
    return f'<ul class="legend">{items}</ul>'


def _y(value: int, top: int) -> float:
    return _TOP + (_HEIGHT - _TOP - _BOTTOM) * (1 - value / max(1, top))


def _tick(x: float, label: str) -> str:
    return f'<text class="tick" x="{x:.1f}" y="{_HEIGHT - 8}" text-anchor="middle">{escape(label)}</text>'


def _chart(id: str, says: str, edge: Sequence[int], words: Words, drawn: Sequence[str]) -> str:
    grid = "".join(
        f'<line class="grid" x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{_y(value, edge[-1]):.1f}" '
        f'y2="{_y(value, edge[-1]):.1f}"/><text class="tick" x="{_LEFT - 8}" y="{_y(value, edge[-1]) + 4:.1f}" '
        f'text-anchor="end">{escape(words(value))}</text>'
        for value in edge
    )
    return (
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-labelledby="{id}-says">'
        f'<title id="{id}-says">{escape(says)}</title>{grid}{"".join(drawn)}</svg>'
    )
