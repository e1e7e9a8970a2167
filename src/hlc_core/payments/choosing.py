"""Which saved method is charged without the patient present."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from hlc_core.kernel.ids import MethodId, PatientId
from hlc_core.payments.model import MethodState, SavedMethod


def by_patient(methods: Iterable[SavedMethod]) -> dict[PatientId, list[SavedMethod]]:
    """The methods of each patient."""
    found: dict[PatientId, list[SavedMethod]] = {}
    for method in methods:
        found.setdefault(method.patient, []).append(method)
    return found


def chargeable(
    methods: Sequence[SavedMethod], gateway: str, today: date, preferred: MethodId | None = None
) -> SavedMethod | None:
    """The method to charge at that gateway: the preferred one, else the default, else the newest that can be."""
    usable = [
        method
        for method in methods
        if method.state is MethodState.ACTIVE and method.gateway == gateway and not _expired(method, today)
    ]
    if len(usable) < 2:
        return usable[0] if usable else None
    return max(usable, key=lambda method: (method.id == preferred, method.default, method.saved_at, method.id))


def _expired(method: SavedMethod, today: date) -> bool:
    card = method.instrument.card
    return card is not None and card.expired(today)
