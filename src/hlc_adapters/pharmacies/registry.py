"""The pharmacies of an installation, by name, each guarded: never inside a transaction, never an exception."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from attrs import field, frozen

from hlc_core.kernel.errors import Fault
from hlc_core.kernel.ids import DispatchId
from hlc_core.prescriptions.api import PharmacyNotConfigured
from hlc_core.prescriptions.ports import Pharmacy, PharmacyAnswer, PharmacyResult, Script


class CalledInsideTransaction(RuntimeError):
    """A pharmacy was called while a transaction was open: a fault of the program, never of its input."""


@frozen
class GuardedPharmacy:
    """Any pharmacy; the probe hears `pharmacy.before` and `pharmacy.after` around each call (crash enumeration)."""

    pharmacy: Pharmacy
    inside: Callable[[], bool]
    probe: Callable[[str], None]

    @property
    def name(self) -> str:
        """The pharmacy's own."""
        return self.pharmacy.name

    @property
    def certified(self) -> bool:
        """The pharmacy's own."""
        return self.pharmacy.certified

    def send(self, script: Script) -> PharmacyAnswer:
        """See the port."""
        return self._call(lambda: self.pharmacy.send(script))

    def look_up(self, dispatch: DispatchId) -> PharmacyAnswer:
        """See the port."""
        return self._call(lambda: self.pharmacy.look_up(dispatch))

    def _call(self, ask: Callable[[], PharmacyAnswer]) -> PharmacyAnswer:
        if self.inside():
            raise CalledInsideTransaction("No pharmacy may be called while a transaction is open.")
        self.probe("pharmacy.before")
        try:
            answer = ask()
        except Exception as fault:  # by the port's contract none comes; if one does, nothing is known
            answer = PharmacyAnswer(result=PharmacyResult.NO_ANSWER, code=type(fault).__name__)
        self.probe("pharmacy.after")
        return answer


@frozen
class PharmacyRegistry:
    """Pharmacies by name; `default` takes what names no other. Refuses: PharmacyNotConfigured."""

    by_name: Mapping[str, Pharmacy] = field(factory=dict)
    default: str = ""

    def named(self, name: str) -> Pharmacy:
        """The pharmacy of that name."""
        found = self.by_name.get(name)
        if found is None:
            known = ", ".join(sorted(self.by_name)) or "none is configured"
            raise PharmacyNotConfigured(f"There is no pharmacy {name!r} here.", Fault("pharmacy", f"one of: {known}"))
        return found

    @property
    def names(self) -> Sequence[str]:
        """All their names, sorted."""
        return sorted(self.by_name)

    def certified(self, pharmacy: str) -> bool | None:
        """Whether it says that it may take controlled drugs; None: there is none of that name."""
        found = self.by_name.get(pharmacy)
        return None if found is None else found.certified
