"""In which state a patient is: what a licence has to be valid for. Pure."""

from __future__ import annotations

from attrs import frozen

from hlc_core.orders.api import Order
from hlc_core.patients.api import Address, Patient

_US = (
    "AL Alabama|AK Alaska|AZ Arizona|AR Arkansas|CA California|CO Colorado|CT Connecticut|DE Delaware|"
    "DC District of Columbia|FL Florida|GA Georgia|HI Hawaii|ID Idaho|IL Illinois|IN Indiana|IA Iowa|KS Kansas|"
    "KY Kentucky|LA Louisiana|ME Maine|MD Maryland|MA Massachusetts|MI Michigan|MN Minnesota|MS Mississippi|"
    "MO Missouri|MT Montana|NE Nebraska|NV Nevada|NH New Hampshire|NJ New Jersey|NM New Mexico|NY New York|"
    "NC North Carolina|ND North Dakota|OH Ohio|OK Oklahoma|OR Oregon|PA Pennsylvania|PR Puerto Rico|RI Rhode Island|"
    "SC South Carolina|SD South Dakota|TN Tennessee|TX Texas|UT Utah|VT Vermont|VA Virginia|WA Washington|"
    "WV West Virginia|WI Wisconsin|WY Wyoming"
)
_BY_NAME = {row[3:].upper(): row[:2] for row in _US.split("|")}


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


def state_code(text: str, country: str) -> str:
    """The code of a state as somebody wrote it; states of the USA also by name."""
    plain = " ".join(text.upper().split())
    return _BY_NAME.get(plain, plain) if country == "US" else plain
