"""Test cards: what each token does, as one table that the code, the guide and the tests read."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from functools import cached_property, lru_cache

from attrs import frozen

from hlc_core.kernel.evolve import evolve
from hlc_core.payments.model import Card, DeclineClass


class Wire(StrEnum):
    """What happens to the first confirm of a charge on its way."""

    FINE = "fine"
    LOST_ANSWER = "lost_answer"
    LOST_REQUEST = "lost_request"
    LATE = "late"
    SERVER_ERROR = "server_error"


class Outcome(StrEnum):
    """What the bank says when the confirm is executed."""

    CAPTURE = "capture"
    DECLINE = "decline"
    ACTION = "action"
    PENDING = "pending"


@frozen(kw_only=True)
class TestCard:
    """One line of the table. `count` is the n of its token: declines before a success, or seconds of delay.

    `on_session` and `off_session` say what the bank answers with and without the customer present.
    """

    __test__ = False

    name: str
    number: str
    means: str
    on_session: Outcome = Outcome.CAPTURE
    off_session: Outcome = Outcome.CAPTURE
    decline: DeclineClass | None = None
    code: str = ""
    text: str = ""
    wire: Wire = Wire.FINE
    count: int = 0
    counted: bool = False
    """Whether the decline holds only for the first `count` charges."""
    dies: bool = False
    """Whether the decline holds only after the first `count` off-session charges."""
    lag: int = 0
    """Seconds for which look-ups still show what was before."""
    wrong_by: int = 0
    wrong_currency: bool = False
    refund_declines: bool = False
    refund_waits: int = 0
    brand: str = "visa"
    expires: tuple[int, int] | None = None
    """Month and year, where the token names them; only then the date is enforced."""

    @property
    def token(self) -> str:
        """What a browser would get for the number."""
        return f"tok_{self.name}"

    @cached_property
    def shown(self) -> Card:
        """What may be shown of it."""
        month, year = self.expires or (12, 2099)
        return Card(brand=self.brand, last_four=self.number[-4:], expires_month=month, expires_year=year)

    def expired(self, on: date) -> bool:
        """Whether the token names an expiry that has passed."""
        return self.expires is not None and self.shown.expired(on)


def _declining(name: str, number: str, decline: DeclineClass, code: str, text: str) -> TestCard:
    return TestCard(
        name=name,
        number=number,
        means=f"Declined, {decline.value}: `{code}`.",
        on_session=Outcome.DECLINE,
        off_session=Outcome.DECLINE,
        decline=decline,
        code=code,
        text=text,
    )


_HARD, _SOFT, _ACTION, _OUTAGE = DeclineClass.HARD, DeclineClass.SOFT, DeclineClass.NEEDS_ACTION, DeclineClass.OUTAGE

TEST_CARDS: tuple[TestCard, ...] = (
    TestCard(name="success", number="4242424242424242", means="Captured at once."),
    TestCard(name="mastercard", number="5555555555554444", means="Captured at once.", brand="mastercard"),
    _declining("hard", "4000000000000002", _HARD, "restricted_card", "The bank declined the card."),
    _declining("lost", "4000000000009987", _HARD, "lost_card", "The bank declined the card."),
    _declining("stolen", "4000000000009979", _HARD, "stolen_card", "The bank declined the card."),
    _declining("expired", "4000000000000069", _HARD, "expired_card", "The card has expired."),
    _declining("soft", "4000000000009995", _SOFT, "insufficient_funds", "The card has insufficient funds."),
    _declining(
        "outage",
        "4000000000000119",
        _OUTAGE,
        "issuer_not_available",
        "The bank could not be reached.",
    ),
    TestCard(
        name="action",
        number="4000002760003184",
        means="3-D Secure: on-session an action, off-session declined.",
        on_session=Outcome.ACTION,
        off_session=Outcome.DECLINE,
        decline=_ACTION,
        code="authentication_required",
        text="The bank asks the customer to confirm the payment.",
    ),
    TestCard(
        name="action_once",
        number="4000002500003155",
        means="3-D Secure on-session; captured off-session afterwards.",
        on_session=Outcome.ACTION,
    ),
    TestCard(
        name="pending",
        number="4000000000005126",
        means="Pending, captured 60 seconds later (`tok_pending_<seconds>`).",
        on_session=Outcome.PENDING,
        off_session=Outcome.PENDING,
        count=60,
    ),
    TestCard(
        name="renewal_dead",
        number="4000000000000341",
        means="Captured on-session; every off-session charge is declined, hard.",
        off_session=Outcome.DECLINE,
        decline=_HARD,
        code="pickup_card",
        text="The bank declined the card.",
    ),
    TestCard(
        name="renewal_dies",
        number="4000000000000200",
        means="Captured on-session and for the first 6 off-session charges, then declined, hard "
        "(`tok_renewal_dies_<n>`).",
        off_session=Outcome.DECLINE,
        decline=_HARD,
        code="pickup_card",
        text="The bank declined the card.",
        count=6,
        dies=True,
    ),
    TestCard(
        name="renewal_action",
        number="4000008260003178",
        means="Captured on-session; off-session the bank asks for the customer.",
        off_session=Outcome.DECLINE,
        decline=_ACTION,
        code="authentication_required",
        text="The bank asks the customer to confirm the payment.",
    ),
    TestCard(
        name="renewal_soft",
        number="4000000000000093",
        means="Captured on-session; the first 2 off-session charges are declined, soft (`tok_renewal_soft_<n>`).",
        off_session=Outcome.DECLINE,
        decline=_SOFT,
        code="insufficient_funds",
        text="The card has insufficient funds.",
        count=2,
        counted=True,
    ),
    TestCard(
        name="soft_first",
        number="4000000000000085",
        means="The first 2 charges are declined, soft, then captured (`tok_soft_first_<n>`).",
        on_session=Outcome.DECLINE,
        off_session=Outcome.DECLINE,
        decline=_SOFT,
        code="insufficient_funds",
        text="The card has insufficient funds.",
        count=2,
        counted=True,
    ),
    TestCard(
        name="lost_answer",
        number="4000000000000101",
        means="Captured, but the answer of the first confirm is lost.",
        wire=Wire.LOST_ANSWER,
    ),
    TestCard(
        name="lost_request",
        number="4000000000000127",
        means="The first confirm never arrives; a repeated one is captured.",
        wire=Wire.LOST_REQUEST,
    ),
    TestCard(
        name="late",
        number="4000000000000135",
        means="No answer; the first confirm executes an hour later (`tok_late_<seconds>`).",
        wire=Wire.LATE,
        count=3600,
    ),
    TestCard(
        name="server_error",
        number="4000000000000143",
        means="Captured, but answered 500, and the key replays that 500.",
        wire=Wire.SERVER_ERROR,
    ),
    TestCard(
        name="lagging",
        number="4000000000000150",
        means="Captured, the answer is lost, and look-ups lag 60 seconds behind (`tok_lagging_<seconds>`).",
        wire=Wire.LOST_ANSWER,
        count=60,
        lag=60,
    ),
    TestCard(name="wrong_amount", number="4000000000000168", means="One unit less is captured.", wrong_by=-1),
    TestCard(
        name="wrong_currency",
        number="4000000000000176",
        means="Captured in another currency.",
        wrong_currency=True,
    ),
    TestCard(
        name="refund_fails",
        number="4000000000007726",
        means="Captured; refunds are declined.",
        refund_declines=True,
    ),
    TestCard(
        name="refund_waits",
        number="4000000000000192",
        means="Captured; refunds are pending for 60 seconds (`tok_refund_waits_<seconds>`).",
        count=60,
        refund_waits=60,
    ),
)
"""Every test card. Rows with `<n>` take a number at the end of the token."""

BY_NAME: Mapping[str, TestCard] = {card.name: card for card in TEST_CARDS}
BY_NUMBER: Mapping[str, TestCard] = {card.number: card for card in TEST_CARDS}

_TOKEN = re.compile(
    r"(?:tok|pm)_(?P<name>[a-z]+(?:_[a-z]+)*)(?:_(?P<count>\d{1,9}))?(?:\.(?P<month>\d{2})(?P<year>\d{4}))?"
    r"(?:~(?P<mark>[\w-]{1,160}))?",
    re.ASCII,
)
_PLAIN: Mapping[str, TestCard] = {card.token: card for card in TEST_CARDS}


@lru_cache(maxsize=4096)  # a charge asks several times for the same card
def card_of(token: str) -> TestCard | None:
    """The card behind `tok_<name>[_<n>][.<mmyyyy>][~<mark>]` or a stored `pm_…`; None for any other text.

    The mark makes two tokens of one line two cards: their counts are apart.
    """
    plain = _PLAIN.get(token)
    if plain is not None:
        return plain
    found = _TOKEN.fullmatch(token)
    card = BY_NAME.get(found["name"]) if found else None
    if found is None or card is None:
        return None
    if found["count"] is not None:
        count = int(found["count"])
        card = evolve(
            card,
            count=count,
            lag=count if card.lag else 0,
            refund_waits=count if card.refund_waits else 0,
        )
    if found["month"] is not None:
        if not 1 <= int(found["month"]) <= 12:
            return None
        card = evolve(card, expires=(int(found["month"]), int(found["year"])))
    return card


def mark_of(token: str) -> str:
    """What follows the `~` of a token, or nothing."""
    return token.partition("~")[2]


def stored(token: str, mark: str) -> str:
    """The reusable token that the simulator keeps for a token used on-session.

    A card that has declined its first charges on-session has served its count: off-session it works.
    """
    line, _, rest = token.partition("~")[0].partition("_")[2].partition(".")
    card = card_of(token)
    if card is not None and card.counted and card.on_session is Outcome.DECLINE:
        line = f"{card.name}_0"
    return f"pm_{line}{'.' if rest else ''}{rest}~{mark}"


def token_for(number: str, mark: str, expires: tuple[int, int] | None = None) -> str | None:
    """The token of a test card number, as a browser form would get it; None for a number not in the table."""
    card = BY_NUMBER.get(re.sub(r"[ -]", "", number))
    if card is None:
        return None
    date_part = f".{expires[0]:02d}{expires[1]:04d}" if expires else ""
    return f"{card.token}{date_part}~{mark}"
