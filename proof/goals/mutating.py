"""The goal about the tests themselves: that they notice."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice

from proof import mutants
from proof.goal import Result, Run
from proof.mutations import MUTATIONS


def named_mutants(run: Run) -> Result:
    """Named defects in the protocol, the billing run, recovery, numbering, checkout and storage: each is noticed.

    Each is planted in a copy of the sources; the first test that fails is named. Of one that no test can notice it is
    said why it is harmless.
    """
    chosen = islice(MUTATIONS, run.part(len(MUTATIONS), 5))
    return summed(mutants.plant_all(chosen, run.jobs, lambda: run.over))


def summed(planted: Sequence[mutants.Planted]) -> Result:
    """What came of these."""
    head = ("mutant", "where", "what it would break", "noticed by", "s")
    table = [
        (
            one.mutation.name,
            one.mutation.file.removeprefix("src/"),
            one.mutation.breaks,
            one.by.replace("tests/", "", 1) or f"harmless: {one.mutation.harmless or 'SURVIVED'}",
            f"{one.seconds:.0f}",
        )
        for one in planted
    ]
    failures = tuple(f"{one.mutation.name} survived" for one in planted if not one.ok)
    killed = sum(1 for one in planted if one.by)
    through = f"{killed} noticed, {sum(1 for one in planted if one.ok and not one.by)} harmless"
    return Result(count=len(planted), through=through, failures=failures, table=(head, *table))
