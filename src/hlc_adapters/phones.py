"""Phone numbers of the world, by the plans that the phonenumbers library has."""

from __future__ import annotations

from collections.abc import Iterator

import phonenumbers
from attrs import frozen

from hlc_core.kernel.errors import Fault, Invalid

LONGEST = 40


@frozen
class NumberingPlans:
    """Puts phones into international form, and repairs what other systems are known to write before them."""

    def e164(self, text: str, country: str) -> str:
        """The number as +12125550100. Refuses: Invalid (no possible number of any plan); the text is not repeated."""
        for attempt in _attempts(text):
            try:
                parsed = phonenumbers.parse(attempt, country)
            except phonenumbers.NumberParseException:
                continue
            as_written = attempt == text.strip() and phonenumbers.is_possible_number(parsed)
            if as_written or phonenumbers.is_valid_number(parsed):
                return str(phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164))
        remedy = "write it with its country code, such as +12125550100"
        raise Invalid("That is no phone number.", Fault("phone", remedy))


def _attempts(text: str) -> Iterator[str]:
    """As it was written; then with 00 as +, without a country code that stands twice, without a 0 behind it."""
    trimmed = text.strip()
    if not trimmed or len(trimmed) > LONGEST or any(one.isalpha() for one in trimmed):
        return
    yield trimmed
    plus = trimmed.startswith("+")
    digits = "".join(one for one in trimmed if one.isascii() and one.isdigit())
    if digits.startswith("00"):
        plus, digits = True, digits[2:]
        yield f"+{digits}"
    if not plus:
        yield f"+{digits}"
        return
    for length in (1, 2, 3):
        code, rest = digits[:length], digits[length:]
        if rest.startswith(code):
            yield f"+{rest}"
        if rest.startswith("0"):
            yield f"+{code}{rest.lstrip('0')}"
