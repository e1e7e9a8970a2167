"""In which state a patient is: what a licence has to be valid for. Pure."""

from __future__ import annotations

from attrs import frozen

from hlc_core.orders.api import Order
from hlc_core.patients.api import Address, Patient, state_code


@frozen(kw_only=True)
class Place:
    """A state of a country, by their codes."""

    state: str
    country: str


def place_of(order: Order, patient: Patient) -> Place | None:
    """Where the order goes, else where the patient lives; None where neither names a state."""
    for address in (order.shipping_address, patient.address):
        found = None if address is None else _place(address)
        if found is not None:
            return found
    return None


def _place(address: Address) -> Place | None:
    country = address.country_code.strip().upper()
    state = state_code(address.province_code, country)
    return Place(state=state, country=country) if state else None
