"""What a usable product, coupon and page design look like: every rule, all faults at once."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from hlc_core.catalog.errors import NotACoupon, NotADesign, NotAnOffer
from hlc_core.catalog.model import CouponTerms, Duration, Offer, PageDesign, ProductKind
from hlc_core.kernel.errors import Fault, HlcError
from hlc_core.kernel.evolve import evolve
from hlc_core.kernel.money import Money
from hlc_core.kernel.text import line, slug

_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{1,39}")
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
_URL = re.compile(r"(?:https?://[^\s<>\"']+|/?[A-Za-z0-9_][A-Za-z0-9_./-]*)?")
MOST_MONEY = 99_999_999_99
"""The largest amount that one document may carry. Source: spec/platform, Further facts."""
MOST_CLAIMS = 100_000
"""The largest limit that a coupon may have; above that, leave it out."""


def sound_offer(offer: Offer, currency: str) -> Offer:
    """The offer with trimmed texts. Refuses: NotAnOffer with every field at fault."""
    faults = [*_offer_faults(offer, currency)]
    if faults:
        raise NotAnOffer("The product cannot be sold like that.", *faults)
    return evolve(
        offer,
        name=offer.name.strip(),
        description=offer.description.strip(),
        image=offer.image.strip(),
        category=offer.category.strip(),
    )


def _offer_faults(offer: Offer, currency: str) -> Iterator[Fault]:
    yield from _fault(lambda: line(offer.name, "name", 200, 1))
    yield from _fault(lambda: line(offer.category, "category", 60))
    yield from _money(offer.price, "price", currency, least=0)
    if len(offer.description) > 4000:
        yield Fault("description", "at most 4000 characters")
    if len(offer.image) > 500 or not _URL.fullmatch(offer.image.strip()):
        yield Fault("image", "an http(s) address or a relative path")
    recurring = offer.kind is ProductKind.SUBSCRIPTION
    if recurring and offer.interval is None:
        yield Fault("interval", "a subscription needs a billing interval")
    if not recurring and any((offer.interval, offer.cycles, offer.prepaid_months, offer.trial_days)):
        yield Fault("kind", "only a subscription has an interval, cycles, prepaid months or a trial")
    yield from _between(offer.cycles, "cycles", 1, 1200)
    yield from _between(offer.prepaid_months, "prepaidMonths", 1, 60)
    yield from _between(offer.trial_days, "trialDays", 0, 730)
    yield from _between(offer.payoff_rebate, "payoffRebate", 0, 10_000)
    if offer.payoff_rebate and offer.cycles is None:
        yield Fault("payoffRebate", "only a commitment can be paid off")
    for place, key in enumerate(offer.questionnaires):
        yield from _fault(lambda key=key, place=place: slug(key, f"questionnaires[{place}]"))  # type: ignore[misc]  # bound per loop
    if len(set(offer.questionnaires)) < len(offer.questionnaires):
        yield Fault("questionnaires", "each only once")
    for place, drug in enumerate(offer.drugs):
        yield from _fault(lambda drug=drug, place=place: line(drug.name, f"drugs[{place}].name", 120, 1))  # type: ignore[misc]  # bound per loop
        yield from _fault(lambda drug=drug, place=place: line(drug.compound, f"drugs[{place}].compound", 200, 1))  # type: ignore[misc]  # bound per loop


def sound_code(code: str) -> str:
    """The trimmed coupon code. Refuses: NotACoupon."""
    trimmed = code.strip()
    if not _CODE.fullmatch(trimmed):
        raise NotACoupon("That is no coupon code.", Fault("code", "2 to 40 letters, digits, dashes and underscores"))
    return trimmed


def sound_terms(terms: CouponTerms, currency: str) -> CouponTerms:
    """The terms. Refuses: NotACoupon with every field at fault."""
    faults = [*_terms_faults(terms, currency)]
    if faults:
        raise NotACoupon("The coupon cannot work like that.", *faults)
    return terms


def _terms_faults(terms: CouponTerms, currency: str) -> Iterator[Fault]:
    if (terms.percent is None) == (terms.amount is None):
        yield Fault("percent", "exactly one of percent and amount")
    yield from _between(terms.percent, "percent", 1, 10_000)
    if terms.amount is not None:
        yield from _money(terms.amount, "amount", currency, least=1)
    if (terms.cycles is None) == (terms.duration is Duration.CYCLES):
        yield Fault("cycles", "given exactly when the duration is a number of cycles")
    yield from _between(terms.cycles, "cycles", 1, 1200)
    yield from _between(terms.total_limit, "totalLimit", 1, MOST_CLAIMS)
    yield from _between(terms.patient_limit, "patientLimit", 1, 1000)
    for where, instant in (("startsAt", terms.starts_at), ("endsAt", terms.ends_at)):
        if instant is not None and instant.tzinfo is None:
            yield Fault(where, "an instant with its offset from UTC")
    begins, ends = terms.starts_at, terms.ends_at
    if begins and ends and begins.tzinfo and ends.tzinfo and ends <= begins:
        yield Fault("endsAt", "after the start")


def sound_design(name: str, design: PageDesign) -> tuple[str, PageDesign]:
    """The name and the design. Refuses: NotADesign with every field at fault."""
    faults = [*_fault(lambda: line(name, "name", 80, 1)), *_fault(lambda: line(design.title, "title", 120))]
    if len(design.logo_url) > 500 or not _URL.fullmatch(design.logo_url.strip()):
        faults.append(Fault("logoUrl", "an http(s) address or a relative path"))
    if design.accent and not _COLOUR.fullmatch(design.accent):
        faults.append(Fault("accent", "a colour such as #0f766e"))
    if len(set(design.fields)) < len(design.fields):
        faults.append(Fault("fields", "each only once"))
    for where, text in (("terms", design.terms), ("thankYou", design.thank_you)):
        if len(text) > 20_000:
            faults.append(Fault(where, "at most 20000 characters"))
    if faults:
        raise NotADesign("The checkout page cannot look like that.", *faults)
    return name.strip(), design


def _fault(check: Callable[[], object]) -> Iterator[Fault]:
    try:
        check()
    except HlcError as refusal:
        yield from refusal.faults


def _between(value: int | None, where: str, least: int, most: int) -> Iterator[Fault]:
    if value is not None and not least <= value <= most:
        yield Fault(where, f"between {least} and {most}")


def _money(money: Money, where: str, currency: str, least: int) -> Iterator[Fault]:
    if money.currency != currency:
        yield Fault(where, f"in {currency}, the currency of the organization")
    if not least <= money.amount <= MOST_MONEY:
        yield Fault(where, f"between {Money(least, currency)} and {Money(MOST_MONEY, currency)}")
