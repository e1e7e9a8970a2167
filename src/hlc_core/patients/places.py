"""The states of the USA, with its territories, and of Canada, by code and by name. Pure. Source: ISO 3166-2."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from hlc_core.kernel.errors import Fault
from hlc_core.patients.model import Address

_US = (
    "AL Alabama|AK Alaska|AZ Arizona|AR Arkansas|CA California|CO Colorado|CT Connecticut|DE Delaware|"
    "DC District of Columbia|FL Florida|GA Georgia|HI Hawaii|ID Idaho|IL Illinois|IN Indiana|IA Iowa|KS Kansas|"
    "KY Kentucky|LA Louisiana|ME Maine|MD Maryland|MA Massachusetts|MI Michigan|MN Minnesota|MS Mississippi|"
    "MO Missouri|MT Montana|NE Nebraska|NV Nevada|NH New Hampshire|NJ New Jersey|NM New Mexico|NY New York|"
    "NC North Carolina|ND North Dakota|OH Ohio|OK Oklahoma|OR Oregon|PA Pennsylvania|PR Puerto Rico|RI Rhode Island|"
    "SC South Carolina|SD South Dakota|TN Tennessee|TX Texas|UT Utah|VT Vermont|VA Virginia|WA Washington|"
    "WV West Virginia|WI Wisconsin|WY Wyoming"
)
_TERRITORIES = "AS American Samoa|GU Guam|MP Northern Mariana Islands|VI Virgin Islands"
_CA = (
    "AB Alberta|BC British Columbia|MB Manitoba|NB New Brunswick|NL Newfoundland and Labrador|NS Nova Scotia|"
    "NT Northwest Territories|NU Nunavut|ON Ontario|PE Prince Edward Island|QC Quebec|SK Saskatchewan|YT Yukon"
)
_NAMES: Mapping[str, Mapping[str, str]] = {
    country: {row[3:].upper(): row[:2] for row in rows.split("|")}
    for country, rows in (("US", f"{_US}|{_TERRITORIES}"), ("CA", _CA))
}
_CODE = re.compile(r"[A-Z0-9-]{1,10}")
_EXAMPLES = {"US": "NY", "CA": "ON"}


def state_code(text: str, country: str) -> str:
    """The code of a state as somebody wrote it; those of the USA and Canada also by name."""
    plain = " ".join(text.upper().split())
    return _NAMES.get(country, {}).get(plain, plain)


def is_state(code: str, country: str) -> bool:
    """Whether the country has a state of that code; of countries other than the USA and Canada only how codes look is
    known."""
    names = _NAMES.get(country)
    return bool(_CODE.fullmatch(code)) if names is None else code in names.values()


def incomplete(address: Address) -> Iterator[Fault]:
    """What a parcel cannot do without: street, city, postal code, and the state in the USA and Canada."""
    needed = {
        "address1": (address.address1, "the street and number"),
        "city": (address.city, "the city"),
        "postal_code": (address.postal_code, "the postal code"),
    }
    country = address.country_code.strip().upper()
    if country in _NAMES:
        needed["province_code"] = (address.province_code, f"the code of the state, such as {_EXAMPLES[country]}")
    for name, (text, remedy) in needed.items():
        if not text.strip():
            yield Fault(f"address.{name}", remedy)


def misplaced(address: Address) -> Iterator[Fault]:
    """A state that its country does not have: nobody is licensed there, and no parcel arrives."""
    country = address.country_code.strip().upper()
    state = state_code(address.province_code, country)
    if state and country in _NAMES and not is_state(state, country):
        yield Fault("address.province_code", f"the code of a state of {country}, such as {_EXAMPLES[country]}")
