"""The chain of hashes: whatever is done to the recorded past behind HLC's back, verifying finds it."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st

from hlc_adapters.signatures import KeyedSigner, audit_signer
from hlc_core.audit.api import AuditEntry, Breach, Broken, Outcome
from hlc_core.audit.chain import breaches, content, sealed, statement
from hlc_core.audit.model import Seal
from hlc_core.kernel.commands import ActorKind
from hlc_core.kernel.ids import ActorId, EventId, OrganizationId
from proof import audit

AT = datetime(2026, 1, 15, 17, tzinfo=UTC)


def entry(number: int, **more: Any) -> AuditEntry:
    """An entry."""
    made = AuditEntry(
        id=EventId(f"evt_{number:012d}"),
        organization=OrganizationId("org_a"),
        at=AT + timedelta(seconds=number),
        actor_kind=ActorKind.STAFF,
        actor=ActorId("usr_nurse"),
        on_behalf_of=None,
        command=f"Command{number % 3}",
        outcome=Outcome.DONE,
        asked="{}",
        written=f"order ord_{number} 1",
        correlation="",
    )
    return evolve(made, **more)


def chained(entries: Sequence[AuditEntry], size: int = 4) -> list[Seal]:
    """All of them, sealed."""
    made: list[Seal] = []
    for start in range(0, len(entries), size):
        made.append(sealed(made[-1] if made else None, entries[start : start + size], AT))
    return made


def found(seals: Sequence[Seal], entries: Sequence[AuditEntry]) -> list[Broken]:
    """What verifying finds."""
    broken: list[Broken] = []
    previous: Seal | None = None
    for seal in seals:
        after = "" if previous is None else previous.last
        between = [one for one in sorted(entries, key=lambda e: e.id) if after < one.id <= seal.last]
        broken += breaches(seal, previous, between)
        previous = seal
    return broken


ENTRIES = [entry(number) for number in range(10)]
SEALS = chained(ENTRIES)


def test_what_nobody_touched_is_sound() -> None:
    """Ten entries in three seals."""
    assert [4, 4, 2] == [seal.count for seal in SEALS]
    assert [] == found(SEALS, ENTRIES)


def test_each_way_of_touching_it_has_its_name() -> None:
    """And says which entry, in which seal."""
    edited = [*ENTRIES[:5], evolve(ENTRIES[5], actor=ActorId("usr_other")), *ENTRIES[6:]]
    assert [Broken(breach=Breach.EDITED, seal=2, entry="evt_000000000005")] == found(SEALS, edited)
    deleted = [*ENTRIES[:5], *ENTRIES[6:]]
    assert [Broken(breach=Breach.DELETED, seal=2, entry="evt_000000000005")] == found(SEALS, deleted)
    inserted = [*ENTRIES, evolve(ENTRIES[5], id=EventId("evt_000000000005b"))]
    assert [Broken(breach=Breach.INSERTED, seal=2, entry="evt_000000000005b")] == found(SEALS, inserted)
    swapped = [*ENTRIES[:5], evolve(ENTRIES[6], id=ENTRIES[5].id), evolve(ENTRIES[5], id=ENTRIES[6].id), *ENTRIES[7:]]
    assert [Breach.REORDERED, Breach.REORDERED] == [one.breach for one in found(SEALS, swapped)]


def test_a_seal_that_was_touched_is_found() -> None:
    """Taken away, changed to fit changed entries, or put on another beginning."""
    assert Breach.SEAL_MISSING in {one.breach for one in found([SEALS[0], SEALS[2]], ENTRIES)}
    edited = [*ENTRIES[:5], evolve(ENTRIES[5], actor=ActorId("usr_other")), *ENTRIES[6:]]
    fitted = sealed(SEALS[0], edited[4:8], AT)
    assert [Breach.SEAL_CHANGED] == [one.breach for one in found([SEALS[0], fitted, SEALS[2]], edited)]
    wrong = evolve(SEALS[1], hash="f" * 64)
    assert Breach.SEAL_CHANGED in {one.breach for one in found([SEALS[0], wrong, SEALS[2]], ENTRIES)}


def test_a_chain_that_was_made_anew_is_not_signed() -> None:
    """Whoever can write the tables can hash, but has no key; and one who has none sees that nothing is signed."""
    signer = KeyedSigner(("present", "earlier"))
    edited = chained([evolve(one, actor=ActorId("usr_other")) for one in ENTRIES])
    assert [] == found(edited, [evolve(one, actor=ActorId("usr_other")) for one in ENTRIES])
    for seal, forged in zip(SEALS, edited, strict=True):
        signature = signer.sign(statement(seal))
        assert signer.signed(statement(seal), signature)
        assert not signer.signed(statement(forged), signature)
        assert not signer.signed(statement(seal), "")
    assert signer.signed("text", KeyedSigner(("earlier",)).sign("text"))
    assert not signer.signed("text", KeyedSigner(("later",)).sign("text"))
    assert (False, "") == (KeyedSigner().signs, KeyedSigner().sign("text"))
    assert "present" not in repr(signer)


def test_the_key_is_named_or_derived() -> None:
    """Keys of the setting, else one from another secret of the installation, else none."""
    assert ("new", "old") == audit_signer(" new , old,", "secret").keys
    derived = audit_signer("", "secret").keys
    assert 1 == len(derived)
    assert "secret" not in derived[0]
    assert () == audit_signer("", "").keys


@given(st.data())
@settings(max_examples=60)
def test_every_field_counts(data: st.DataObject) -> None:
    """Changing any field of an entry changes the hash of its content, its id apart."""
    base = entry(1)
    name = data.draw(
        st.sampled_from(["actor", "command", "asked", "written", "correlation", "shown", "cause", "channel"])
    )
    text = data.draw(st.text(min_size=1, max_size=20))
    more: dict[str, Any] = {name: text}
    changed = evolve(base, **more)

    assert (content(base) != content(changed)) == (getattr(base, name) != text)
    assert content(base) == content(evolve(base, id=EventId("evt_other"), version=7))


def test_texts_cannot_be_moved_from_field_to_field() -> None:
    """The length of each is hashed with it."""
    one = entry(1, asked="a;cause=1:b", cause="")
    other = entry(1, asked="a", cause="b")

    assert content(one) != content(other)


def test_random_edits_are_all_found() -> None:
    """Two thousand of them in this tier, from a seed; `proof` makes more."""
    assert 2000 == audit.random_edits(2000, random.Random(7))
