"""Refusals have stable, distinct codes; ids have known prefixes and sort in the order of their making."""

from __future__ import annotations

import importlib
import pkgutil
import re
import threading
from collections.abc import Iterator

import pytest

import hlc_core
from hlc_adapters.ids import RandomIds, SeededIds
from hlc_core.kernel.errors import (
    Denied,
    Fault,
    HlcError,
    Invalid,
    KeyReused,
    Kind,
    StillRunning,
    Unauthenticated,
    Unavailable,
)
from hlc_core.kernel.ids import PREFIXES, Ids


def refusals(base: type[HlcError] = HlcError) -> Iterator[type[HlcError]]:
    """Every refusal of the core."""
    for one in base.__subclasses__():
        if one.__module__.startswith("hlc_core"):
            yield one
        yield from refusals(one)


def everything() -> list[type[HlcError]]:
    """The same, with all modules of the core loaded."""
    for module in pkgutil.walk_packages(hlc_core.__path__, "hlc_core."):
        importlib.import_module(module.name)
    return list(dict.fromkeys(refusals()))


def test_a_code_stands_for_one_thing() -> None:
    """Callers branch on codes: snake case, none inherited, and two contexts that use one mean the same by it."""
    found = everything()
    meanings: dict[str, set[tuple[str, Kind]]] = {}
    for refusal in found:
        meanings.setdefault(refusal.code, set()).add((refusal.__name__, refusal.kind))

    assert len(found) > 40
    assert [] == [code for code in meanings if not re.fullmatch(r"[a-z]+(_[a-z]+)*", code)]
    assert {} == {code: meant for code, meant in meanings.items() if len(meant) > 1}


def test_every_refusal_is_of_a_kind() -> None:
    """The kind is all that adapters look at."""
    assert set(Kind) == {refusal.kind for refusal in everything()}
    assert Kind.DENIED is Unauthenticated.kind
    assert "key_reused" == KeyReused.code


def test_every_refusal_says_what_it_stands_for() -> None:
    """A docstring of its own, not its base's."""
    assert [] == [refusal for refusal in everything() if not refusal.__dict__.get("__doc__")]


def test_a_refusal_carries_its_faults_and_when_to_come_back() -> None:
    """What callers get is in attributes, not in the text."""
    faults = (Fault("a", "mend it"), Fault("b[0]", "and this"))
    refused = Invalid("Two faults.", *faults)
    later = Unavailable("Busy.", retry_after=3)
    always = StillRunning("Not yet.")

    assert ("Two faults.", faults, None) == (refused.detail, refused.faults, refused.retry_after)
    assert (3, (Unavailable.remedy,)) == (later.retry_after, later.faults)
    assert ["Idempotency-Key"] == [fault.field for fault in always.faults]
    assert "Two faults." == str(refused)
    assert not isinstance(refused, Denied)


@pytest.mark.parametrize("ids", [RandomIds(), SeededIds(7)])
def test_ids_carry_their_prefix_are_unique_and_sort_by_age(ids: Ids) -> None:
    """For every prefix there is."""
    for prefix in PREFIXES:
        made = [ids.new(prefix) for _ in range(300)]

        assert made == sorted(made)
        assert len(made) == len(set(made))
        assert all(re.fullmatch(rf"{prefix}_[0-9a-f]+", id) for id in made)


@pytest.mark.parametrize("ids", [RandomIds(), SeededIds(7)])
def test_numbers_are_short_and_not_mistaken_for_each_other(ids: Ids) -> None:
    """No O, no I, no 0, no 1; eight of the rest."""
    numbers = {ids.number("R") for _ in range(500)}

    assert 500 == len(numbers)
    assert all(re.fullmatch(r"R-[2-9A-HJKMNP-TV-Z]{4}-[2-9A-HJKMNP-TV-Z]{4}", number) for number in numbers)


def test_the_same_seed_gives_the_same_run() -> None:
    """Ids and numbers of a replay are those of the run."""
    first, again = SeededIds(3), SeededIds(3)

    assert [first.new("org"), first.number("R"), first.new("inv")] == [
        again.new("org"), again.number("R"), again.new("inv"),
    ]  # fmt: skip
    assert SeededIds(4).number("R") != SeededIds(3).number("R")


def test_ids_made_in_many_threads_are_all_different() -> None:
    """One maker serves all threads."""
    ids, made = RandomIds(), []

    def make() -> None:
        made.extend([ids.new("evt") for _ in range(2000)])

    threads = [threading.Thread(target=make) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert 8000 == len(set(made))
