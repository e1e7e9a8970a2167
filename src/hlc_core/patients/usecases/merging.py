"""Making two records of one person one, and undoing that.

Nothing of the books is moved: orders, subscriptions and prescriptions keep naming the record that they were made for,
and whoever asks for a patient's things asks for those of the records that joined it, too. So a merge is undone exactly.
"""

from __future__ import annotations

from typing import Any

from attrs import field, frozen

from hlc_core.kernel.commands import Command
from hlc_core.kernel.errors import Fault
from hlc_core.kernel.evolve import evolve
from hlc_core.kernel.ids import MergeId, PatientId
from hlc_core.kernel.machine import NoFacts
from hlc_core.kernel.text import folded, line
from hlc_core.patients.errors import MergeMovedOn, NotMergeable
from hlc_core.patients.events import PatientMerged, PatientMergeUndone
from hlc_core.patients.machine import MERGE, MergeState, MergeTrigger
from hlc_core.patients.model import Patient, PatientMerge, Standing
from hlc_core.patients.names import words
from hlc_core.patients.ports import Env
from hlc_core.patients.usecases.indexing import account_of, indexed_now

TAKEN_OVER = ("address", "birth_date", "gender", "history", "whatsapp", "number", "external_id")
"""Fields that the record takes over from a duplicate where it has none itself; and the phone."""
ONCE = ("number", "external_id")
"""Those of them that only one record may have: the duplicate gives them away, of the others it keeps its own copy."""


@frozen(kw_only=True)
class MergePatients(Command[PatientMerge]):
    """The duplicate joins `into`: from now on it is found there."""

    duplicate: PatientId
    into: PatientId
    reason: str = field(default="", repr=False)


def merge_patients(command: MergePatients, env: Env) -> PatientMerge:
    """The merge, with what moved. Asked again it answers the one that stands. Refuses: Missing, NotMergeable."""
    duplicate, into = env.patients.get(command.duplicate), env.patients.get(command.into)
    standing = [one for one in env.patient_merges.of(duplicate.id) if one.duplicate == duplicate.id]
    for one in standing:
        if one.state is MergeState.MERGED and one.into == into.id:
            return one
    if duplicate.id == into.id:
        raise NotMergeable("A patient is no duplicate of themselves.", Fault("into", "name another patient"))
    for patient, name in ((duplicate, "duplicate"), (into, "into")):
        if patient.standing is Standing.MERGED:
            raise NotMergeable("This record joined another one.", Fault(name, f"use {patient.claims} instead"))
    if into.standing is Standing.PROVISIONAL:
        raise NotMergeable("A provisional record cannot take another one in.", Fault("into", "confirm it first"))
    evidence = _in_common(duplicate, into)
    filled = _filled(duplicate, into)
    links = env.patient_links.of((duplicate.id,))
    for each in links:
        env.patient_links.save(evolve(each, patient=into.id))
    given: dict[str, Any] = {name: None for name in filled if name in ONCE}
    joined = evolve(duplicate, standing=Standing.MERGED, claims=into.id, **given)
    env.patients.save(indexed_now(joined, env))
    if filled:
        env.patients.save(indexed_now(_filling(into, duplicate, filled), env))
    merge = PatientMerge(
        id=MergeId(env.ids.new("mrg")),
        organization=env.organization.id,
        state=MERGE.initial,
        duplicate=duplicate.id,
        into=into.id,
        evidence=evidence,
        reason=line(command.reason, "reason", most=500),
        filled=filled,
        links=tuple(f"{each.system}:{each.value}" for each in links),
        before=duplicate.standing,
        claimed=duplicate.claims,
        by=env.actor.id,
        at=env.clock.now(),
    )
    env.patient_merges.add(merge)
    env.outbox.put(PatientMerged(patient=duplicate.id, into=into.id))
    return merge


@frozen(kw_only=True)
class UndoMerge(Command[PatientMerge]):
    """The duplicate is a patient of its own again, with all that went over."""

    merge: MergeId


def undo_merge(command: UndoMerge, env: Env) -> PatientMerge:
    """The merge, undone. Refuses: Missing, IllegalTransition (undone already), MergeMovedOn (what was taken over was
    changed since, or the address is somebody else's now)."""
    merge = env.patient_merges.get(command.merge)
    state = MERGE.step(merge.state, MergeTrigger.UNDO, NoFacts())
    duplicate, into = env.patients.get(merge.duplicate), env.patients.get(merge.into)
    if into.standing is Standing.MERGED:
        raise MergeMovedOn("The record joined another one since.", Fault("into", "undo that merge first"))
    holder = account_of(duplicate.contact.email, env) if duplicate.contact.email else None
    if merge.before is Standing.ACCOUNT and holder is not None and holder.id != duplicate.id:
        raise MergeMovedOn("The address is of another account now.", Fault("email", f"it is of {holder.id}"))
    back = _given_back(merge, duplicate, into)
    again = evolve(back, standing=merge.before, claims=merge.claimed)
    if merge.filled:
        env.patients.save(indexed_now(_emptied(into, merge.filled), env))
    env.patients.save(indexed_now(again, env))
    for each in env.patient_links.of((into.id,)):
        if f"{each.system}:{each.value}" in merge.links:
            env.patient_links.save(evolve(each, patient=duplicate.id))
    undone = evolve(merge, state=state, undone_at=env.clock.now())
    env.patient_merges.save(undone)
    env.outbox.put(PatientMergeUndone(patient=duplicate.id, out_of=into.id))
    return undone


def _in_common(one: Patient, other: Patient) -> tuple[str, ...]:
    """What the two share, by name only."""
    shared = (
        ("email", bool(one.contact.email) and folded(one.contact.email) == folded(other.contact.email)),
        ("phone", bool(one.contact.phone) and one.contact.phone == other.contact.phone),
        ("name", words(one.contact.name) == words(other.contact.name) != ()),
        ("birth_date", one.birth_date is not None and one.birth_date == other.birth_date),
        ("address", one.address is not None and one.address == other.address),
    )
    return tuple(name for name, same in shared if same)


def _filled(duplicate: Patient, into: Patient) -> tuple[str, ...]:
    names = [name for name in TAKEN_OVER if getattr(duplicate, name) and not getattr(into, name)]
    if duplicate.contact.phone and not into.contact.phone:
        names.append("phone")
    return tuple(names)


def _filling(into: Patient, duplicate: Patient, filled: tuple[str, ...]) -> Patient:
    contact = evolve(into.contact, phone=duplicate.contact.phone) if "phone" in filled else into.contact
    return evolve(into, contact=contact, **{name: getattr(duplicate, name) for name in filled if name != "phone"})


def _given_back(merge: PatientMerge, duplicate: Patient, into: Patient) -> Patient:
    """The duplicate with its number and import key. Refuses: MergeMovedOn."""
    back: dict[str, Any] = {}
    for name in merge.filled:
        now = into.contact.phone if name == "phone" else getattr(into, name)
        before = duplicate.contact.phone if name == "phone" else getattr(duplicate, name)
        if name in ONCE:
            if now is None:
                raise MergeMovedOn("What was taken over was changed since.", Fault(name, "it is gone"))
            back[name] = now
        elif now != before:
            raise MergeMovedOn("What was taken over was changed since.", Fault(name, "change it back, or leave it so"))
    return evolve(duplicate, **back)


def _emptied(into: Patient, filled: tuple[str, ...]) -> Patient:
    """The record without what it had taken over."""
    contact = evolve(into.contact, phone="") if "phone" in filled else into.contact
    empty: dict[str, Any] = {name: "" if name == "whatsapp" else None for name in filled if name != "phone"}
    return evolve(into, contact=contact, **empty)
