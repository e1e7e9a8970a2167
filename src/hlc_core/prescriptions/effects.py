"""Carrying prescriptions to pharmacies: outside any transaction, after what stands is committed."""

from __future__ import annotations

from typing import Protocol, TypeVar

from attrs import frozen

from hlc_core.kernel.commands import Command, Envelope
from hlc_core.kernel.errors import HlcError
from hlc_core.prescriptions.ports import Pharmacy, PharmacyAnswer, PharmacyResult
from hlc_core.prescriptions.sending import Errand, RecordAnswer, TakeDispatches

A = TypeVar("A")


class Road(Protocol):
    """The application."""

    def execute(self, command: Command[A], envelope: Envelope) -> A:
        """Run and commit."""
        ...


class Pharmacies(Protocol):
    """The pharmacies of this installation, by name."""

    def named(self, name: str) -> Pharmacy:
        """The pharmacy of that name. Refuses: PharmacyNotConfigured."""
        ...


@frozen(kw_only=True)
class Courier:
    """Takes due dispatches to their pharmacies. It keeps nothing that a crash could lose."""

    road: Road
    pharmacies: Pharmacies

    def round(self, envelope: Envelope, limit: int = 20) -> int:
        """Take what is due, ask the pharmacies, record; answers how many calls there were. Refuses: Unavailable."""
        errands = self.road.execute(TakeDispatches(limit=limit), envelope)
        for errand in errands:
            answer = self._carried(errand)
            record = RecordAnswer(dispatch=errand.dispatch, attempt=errand.attempt, answer=answer)
            self.road.execute(record, envelope)
        return len(errands)

    def _carried(self, errand: Errand) -> PharmacyAnswer:
        """What an earlier request may have brought there is asked about before anything is sent again."""
        try:
            pharmacy = self.pharmacies.named(errand.pharmacy)
        except HlcError as refusal:
            return PharmacyAnswer(result=PharmacyResult.NO_ANSWER, code=refusal.code)
        if errand.ask_first:
            known = pharmacy.look_up(errand.dispatch)
            if known.result is not PharmacyResult.NOT_FOUND or not errand.send:
                return known
        return pharmacy.send(errand.script)
