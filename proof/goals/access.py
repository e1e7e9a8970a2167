"""The goals about who may do what: permissions, sign-ins under attack, and the recorded past."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from random import Random

from proof import audit, sessions
from proof.goal import Result, Run, chunks, told
from support.permissions import check

EDITS = 1000
"""Touches of one seed."""

_CONDUCTS: dict[str, Callable[[Iterable[int]], sessions.Count]] = {
    "storms": sessions.refresh_storms,
    "campaigns": sessions.guessing_campaigns,
    "forgeries": sessions.forged_tokens,
    "codes": sessions.code_guessing,
}


def permission_algebra(run: Run) -> Result:
    """Permissions: more of a layer never takes anything away, a layer never grants, and the explanation is true.

    Random layers (role, plan, features, custom role, overrides, acting for somebody), beside the sentence of the
    specification, said again one key at a time.
    """
    done = list(run.spread(_checked, chunks(run.seeds)))
    count = sum(n for n, _ in done)
    return Result(count=count, seeds=told(run.seed, count), failures=tuple(text for _, wrong in done for text in wrong))


def _checked(seeds: range) -> tuple[int, tuple[str, ...]]:
    return len(seeds), check(len(seeds), seeds.start)


def refresh_storms(run: Run) -> Result:
    """Refresh storms: one successor of each token, a copy ends the family, and nothing that should be dead works.

    Tabs at once, lost answers, and thieves who hold any old token.
    """
    return _played(run, "storms", 10)


def guessing_campaigns(run: Run) -> Result:
    """Guessing campaigns from ten thousand addresses: at most a hundred guesses in thirty days, the owner never out."""
    return _played(run, "campaigns", 1)


def forged_tokens(run: Run) -> Result:
    """Forged tokens: none is believed, and none is anything but refused.

    Two hundred of a seed: letters, cuts, headers, claims and keys, rightly signed ones among them.
    """
    return _played(run, "forgeries", 10)


def guessed_codes(run: Run) -> Result:
    """Guessed codes: somebody who has the password sees at most a hundred codes of the second factor compared."""
    return _played(run, "codes", 5)


def _played(run: Run, conduct: str, at_once: int) -> Result:
    done = list(run.spread(_conducted, [(conduct, seeds) for seeds in chunks(run.seeds, at_once)]))
    count, acts = sum(one.histories for one in done), sum(one.acts for one in done)
    noted = [(name, [one.noted[name] for one in done]) for name in (done[0].noted if done else ())]
    totals = [f"{name} {max(found) if name.startswith('most') else sum(found):,}" for name, found in noted]
    return Result(
        count=count,
        seeds=told(run.seed, count),
        through=", ".join((f"{acts:,} acts", *totals)),
        failures=tuple(text for one in done for text in one.failures),
    )


def _conducted(wish: tuple[str, range]) -> sessions.Count:
    conduct, seeds = wish
    return _CONDUCTS[conduct](seeds)


def audit_edits(run: Run) -> Result:
    """Audit edits: whatever is edited, deleted, inserted or reordered in the sealed past, verifying finds it."""
    seeds = range(run.seed, run.seed + max(1, run.part(run.full) // EDITS))
    missed = list(run.spread(_touched, seeds))
    return Result(
        count=EDITS * len(missed),
        seeds=told(run.seed, len(missed)),
        failures=tuple(f"seed {seeds[place]}: {n} were not found" for place, n in enumerate(missed) if n),
    )


def _touched(seed: int) -> int:
    return EDITS - audit.random_edits(EDITS, Random(seed))
