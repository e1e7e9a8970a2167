"""Saved methods: adding one that a gateway kept, choosing the default, removing one."""

from __future__ import annotations

from attrs import frozen

from hlc_core.kernel.commands import Command
from hlc_core.kernel.evolve import evolve
from hlc_core.kernel.ids import MethodId, PatientId
from hlc_core.payments.events import MethodSaved
from hlc_core.payments.model import Instrument, MethodState, SavedMethod
from hlc_core.payments.ports import Env


@frozen(kw_only=True)
class SaveMethod(Command[SavedMethod]):
    """Store a reusable method that the gateway made for the patient; it becomes the default."""

    patient: PatientId
    gateway: str
    instrument: Instrument


def save_method(command: SaveMethod, env: Env) -> SavedMethod:
    """The method; one that is stored already becomes the default again."""
    mine = env.methods.of_patients((command.patient,))
    known = [m for m in mine if (m.gateway, m.instrument.token) == (command.gateway, command.instrument.token)]
    for other in mine:
        if other.default and other not in known:
            env.methods.save(evolve(other, default=False))
    if known:
        again = evolve(known[0], default=True, state=MethodState.ACTIVE, instrument=command.instrument)
        env.methods.save(again)
        env.outbox.put(MethodSaved(method=again.id, patient=again.patient))
        return again
    saved = SavedMethod(
        id=MethodId(env.ids.new("pm")),
        organization=env.organization.id,
        patient=command.patient,
        gateway=command.gateway,
        instrument=command.instrument,
        default=True,
        state=MethodState.ACTIVE,
        saved_at=env.clock.now(),
    )
    env.methods.add(saved)
    env.outbox.put(MethodSaved(method=saved.id, patient=saved.patient))
    return saved


@frozen(kw_only=True)
class RemoveMethod(Command[SavedMethod]):
    """Never charge it again."""

    method: MethodId


def remove_method(command: RemoveMethod, env: Env) -> SavedMethod:
    """The method, REMOVED. Refuses: Missing. Removing again answers the same."""
    removed = evolve(env.methods.get(command.method), state=MethodState.REMOVED, default=False)
    env.methods.save(removed)
    return removed
