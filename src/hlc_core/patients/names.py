"""Names as they are searched: folded words, pieces of three letters that two have in common, how similar they are.

The pieces are hashed before they are stored; see the guide on encryption for what they tell.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

LEAST = 3
"""From so many letters on a search goes by similarity; a shorter one is by the beginning, in alphabetical order."""

MOST_WORDS = 8


def words(name: str) -> tuple[str, ...]:
    """The words of a name, without case, accents and punctuation."""
    flat = unicodedata.normalize("NFKD", name.casefold())
    letters = "".join(one if one.isalnum() else " " for one in flat if not unicodedata.combining(one))
    return tuple(letters.split()[:MOST_WORDS])


def pieces(name: str) -> frozenset[str]:
    """Every three neighbours of each word with two blanks before it and one behind: of `jo`: `  j`, ` jo`, `jo `."""
    return frozenset(piece for word in words(name) for piece in _pieces(f"  {word} "))


def sought(text: str) -> frozenset[str]:
    """The pieces of what was typed, the last word of which may be unfinished."""
    typed = words(text)
    return frozenset(
        piece
        for place, word in enumerate(typed)
        for piece in _pieces(f"  {word} " if place + 1 < len(typed) else f"  {word}")
    )


def _pieces(padded: str) -> Iterable[str]:
    return (padded[place : place + 3] for place in range(len(padded) - 2))


def beginning(text: str) -> str:
    """The one piece under which names with a word that begins with these one or two letters are kept."""
    return f"  {text}"[-3:]


def similarity(typed: str, name: str) -> int:
    """How similar, per mille: how much of what was typed is in the name, a little more where little else is."""
    wanted, there = sought(typed), pieces(name)
    if not wanted or not there:
        return 0
    shared = len(wanted & there)
    return (900 * shared) // len(wanted) + (100 * shared) // len(wanted | there)


def plainly_another(first: str, second: str) -> bool:
    """Whether two names cannot be of one person written twice: no word, and hardly a piece, in common."""
    if not words(first) or not words(second):
        return False
    return not set(words(first)) & set(words(second)) and similarity(first, second) < 300
