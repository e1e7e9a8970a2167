"""Sign-ins under attack, counted: refresh storms with thieves, guessing campaigns, forged tokens, code guessing.

Each function plays histories drawn from its seeds on a clinic in memory with a virtual clock, and says how many it
played and what went wrong. Source: design/pains, E 56 to 64.
"""

from __future__ import annotations

import base64
import hmac
import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from attrs import field, frozen

from hlc_adapters.clock import VirtualClock
from hlc_adapters.composition import build
from hlc_adapters.credentials.passwords import Argon2Passwords
from hlc_adapters.mail.embedded import MemoryMail
from hlc_adapters.memory.rows import MemoryBackend
from hlc_adapters.services import Services
from hlc_adapters.settings import MEMORY, Settings
from hlc_core.access.api import Role
from hlc_core.identity.api import (
    GRACE,
    Origin,
    Porter,
    SessionOver,
    SessionStolen,
    SignIn,
    Step,
    Tickets,
    TooManyCodes,
    TooManyGuesses,
    WrongCode,
    WrongCredentials,
    give_code,
    present,
    refresh,
    set_password,
    sign_in,
)
from hlc_core.kernel.commands import system
from hlc_core.kernel.errors import HlcError, Unauthenticated
from hlc_core.kernel.ids import OrganizationId
from hlc_core.organizations.api import ChangeSettings, OpenOrganization, SecuritySettings
from hlc_core.people.api import CreateUser

CLINIC = OrganizationId("org_proof")
SYSTEM = system(CLINIC)
START = datetime(2026, 1, 15, 17, tzinfo=UTC)
EMAIL, PASSWORD = "owner@example.com", "correct horse battery"  # of nobody


@frozen(kw_only=True)
class Count:
    """How many histories and single acts were played, what they led to, and what went wrong."""

    histories: int
    acts: int
    noted: dict[str, int] = field(factory=dict)
    failures: tuple[str, ...] = ()


def refresh_storms(seeds: Iterable[int], steps: int = 60, grace: timedelta = GRACE) -> Count:
    """Tabs, lost answers and thieves that hold any old token.

    Fails when two successors of one token differ, a token works that should be dead, or a family outlives a thief.
    """
    histories = acts = thefts = shared = 0
    failures: list[str] = []
    for seed in seeds:
        draw = Random(seed)  # replayed from its seed
        with _clinic(Role.PATIENT) as (services, clock):
            tokens, dead, rotated_at = [_signed_in(services.porter)], False, clock.now()
            for _ in range(steps):
                clock.advance(timedelta(seconds=draw.choice((0, 0, 1, 4, 11, 60))))
                back = min(draw.choice((0, 0, 0, 1, 1, 2, 5)), len(tokens) - 1)
                old, acts = tokens[-1 - back], acts + 1
                forgiven = back == 1 and clock.now() - rotated_at <= grace
                outcome, made = _refreshed(old.refresh, services.porter)
                wanted = "over" if dead else "made" if back == 0 or forgiven else "stolen"
                if outcome != wanted:
                    failures.append(f"seed {seed}: {outcome} where {wanted} was due")
                elif made is not None and back == 0:
                    tokens.append(made)
                    rotated_at = clock.now()
                elif made is not None:
                    shared += 1
                    if made.refresh != tokens[-1].refresh:
                        failures.append(f"seed {seed}: two successors of one token")
                if outcome == "stolen":
                    dead, thefts = True, thefts + 1
                if dead is _present(tokens[-1].access, services.porter) and clock.now() - rotated_at < _LIFE:
                    failures.append(f"seed {seed}: an access token and its session disagree")
            histories += 1
    return Count(histories=histories, acts=acts, noted={"thefts": thefts, "shared": shared}, failures=tuple(failures))


def guessing_campaigns(seeds: Iterable[int], days: int = 30, addresses: int = 10_000) -> Count:
    """A patient attacker with many addresses against one account, whose owner keeps signing in on a known device.

    Fails when more than a hundred guesses are looked at in thirty days, or the owner is kept out once.
    """
    histories = acts = looked_at = most = owner = 0
    failures: list[str] = []
    for seed in seeds:
        draw = Random(seed)  # replayed from its seed
        free = draw.choice((3, 5, 10))
        with _clinic(Role.STAFF, max_failed_attempts=free, lockout_minutes=15) as (services, clock):
            device, evaluated, next_visit = _signed_in(services.porter).device, 0, clock.now()
            while clock.now() < START + timedelta(days=days):
                number, acts = draw.randrange(addresses), acts + 1
                origin = Origin(address=f"10.{number >> 8}.{number & 255}.1", agent="guesser")
                wait = 1
                try:
                    _try(services.porter, f"guess {acts}", origin)
                except WrongCredentials:
                    evaluated += 1
                except TooManyGuesses as refusal:
                    wait = refusal.retry_after or 1
                clock.advance(timedelta(seconds=min(wait, draw.choice((5, 600, 7200)))))
                if clock.now() >= next_visit:
                    owner, next_visit = owner + 1, clock.now() + timedelta(hours=draw.randrange(4, 30))
                    try:
                        _try(services.porter, PASSWORD, Origin(address="192.0.2.1"), device)
                    except HlcError as refusal:
                        failures.append(f"seed {seed}: the owner was kept out: {refusal.code}")
            looked_at, most, histories = looked_at + evaluated, max(most, evaluated), histories + 1
            if evaluated > 100:
                failures.append(f"seed {seed}: {evaluated} guesses were looked at")
    noted = {"looked at": looked_at, "most in one campaign": most, "sign-ins of owners": owner}
    return Count(histories=histories, acts=acts, noted=noted, failures=tuple(failures))


def forged_tokens(seeds: Iterable[int], each: int = 200) -> Count:
    """Access tokens changed in every way that a seed draws: header, claims, key, letters, cuts.

    Fails when one is believed, or refused by anything but the refusal of a wrong token.
    """
    histories = acts = 0
    failures: list[str] = []
    for seed in seeds:
        draw = Random(seed)  # replayed from its seed
        with _clinic(Role.STAFF) as (services, _):
            real = _signed_in(services.porter).access
            for _ in range(each):
                forged = draw.choice(_FORGERIES)(real, services.porter, draw)
                acts += 1
                if forged == real:
                    continue
                try:
                    present(forged, None, services.porter)
                    failures.append(f"seed {seed}: {forged[:40]}… was believed")
                except Unauthenticated:
                    continue
                except Exception as fault:  # whatever it is, it would have been a 500
                    failures.append(f"seed {seed}: {type(fault).__name__} for {forged[:40]}…")
            histories += 1
    return Count(histories=histories, acts=acts, failures=tuple(failures[:50]))


def code_guessing(seeds: Iterable[int]) -> Count:
    """Somebody who has the password guesses codes, sign-in after sign-in, until nothing is looked at any more.

    Fails when more than a hundred codes are compared: the chance stays below one in ten thousand.
    """
    histories = acts = right = 0
    failures: list[str] = []
    for seed in seeds:
        draw = Random(seed)  # replayed from its seed
        with _clinic(Role.STAFF, email_two_factor=True) as (services, clock):
            compared, stopped = 0, False
            for _ in range(40):
                made = sign_in(_wish(PASSWORD, Origin(address="192.0.2.7")), services.porter)
                assert made.step is Step.CODE_NEEDED
                for _ in range(7):
                    acts += 1
                    try:
                        give_code(made.login, f"{draw.randrange(1_000_000):06d}", services.porter)
                        right += 1
                    except WrongCode:
                        compared += 1
                    except TooManyCodes:
                        stopped = True
                    except Unauthenticated:
                        continue
                clock.advance(timedelta(minutes=draw.randrange(1, 12)))
            histories += 1
            if compared > 100 or not (stopped or right):
                failures.append(f"seed {seed}: {compared} codes were compared")
    return Count(histories=histories, acts=acts, noted={"right by chance": right}, failures=tuple(failures))


# one clinic

_LIFE = timedelta(minutes=10)


@contextmanager
def _clinic(role: Role, **security: Any) -> Iterator[tuple[Services, VirtualClock]]:
    clock = VirtualClock(START)
    services = build(
        Settings(database_url=MEMORY, fingerprint_key="proof", auth_key="a key of the proof, thirty-two letters"),
        clock=clock,
        backend=MemoryBackend(),
        mailer=MemoryMail(),
        passwords=Argon2Passwords(memory_kib=8),
    )
    try:
        road = services.application
        road.execute(OpenOrganization(slug="proof", name="Proof", zone="UTC", currency="USD"), SYSTEM)
        road.execute(ChangeSettings(security=SecuritySettings(**security)), SYSTEM)
        made = road.execute(CreateUser(email=EMAIL, name="Olga Owner", role=role), SYSTEM)
        set_password(made.user.id, PASSWORD, services.porter)
        yield services, clock
    finally:
        services.close()


def _wish(password: str, origin: Origin, device: str = "") -> SignIn:
    return SignIn(email=EMAIL, password=password, meant=CLINIC, origin=origin, device=device)


def _try(porter: Porter, password: str, origin: Origin, device: str = "") -> Tickets | None:
    return sign_in(_wish(password, origin, device), porter).tickets


def _signed_in(porter: Porter) -> Tickets:
    made = _try(porter, PASSWORD, Origin(address="192.0.2.1"))
    assert made is not None
    return made


def _refreshed(token: str, porter: Porter) -> tuple[str, Tickets | None]:
    try:
        return "made", refresh(token, porter)
    except SessionStolen:
        return "stolen", None
    except SessionOver:
        return "over", None


def _present(access: str, porter: Porter) -> bool:
    try:
        present(access, None, porter)
    except Unauthenticated:
        return False
    return True


# forgeries


def _flip(real: str, _: Porter, draw: Random) -> str:
    place = draw.randrange(len(real))
    return real[:place] + draw.choice("AZaz09-_.") + real[place + 1 :]


def _cut(real: str, _: Porter, draw: Random) -> str:
    return real[: draw.randrange(len(real))]


def _reheaded(real: str, porter: Porter, draw: Random) -> str:
    """Another header, rightly signed where the algorithm allows it."""
    header: object = draw.choice(
        (
            {"alg": "none", "typ": "at+jwt"},
            {"alg": "HS512", "typ": "at+jwt"},
            {"alg": "HS384", "typ": "at+jwt"},
            {"alg": "RS256", "typ": "at+jwt"},
            {"alg": "HS256", "typ": "JWT"},
            {"alg": "HS256"},
            {"alg": "HS256", "typ": "at+jwt", "crit": ["x"]},
            {"alg": "HS256", "typ": "at+jwt", "kid": "0"},
            {"alg": ["HS256"], "typ": "at+jwt"},
            {"alg": None, "typ": "at+jwt"},
            [],
        )
    )
    return _signed(header, real.split(".")[1], _key(porter))


def _reclaimed(real: str, porter: Porter, draw: Random) -> str:
    """A claim changed or left out, rightly signed: it must be dead by what it says."""
    body = json.loads(_text(real.split(".")[1]))
    claim = draw.choice(("iss", "aud", "sub", "sid", "iat", "exp"))
    odd: tuple[Any, ...] = ("", "x", [], {}, None, True, -1, 1e300, "\u0000", 2**70)
    changed = draw.choice((None, *odd))
    if changed is None:
        body.pop(claim)
    else:
        body[claim] = changed
    return _signed({"alg": "HS256", "typ": "at+jwt"}, _coded(body), _key(porter))


def _rekeyed(real: str, _: Porter, draw: Random) -> str:
    return _signed({"alg": "HS256", "typ": "at+jwt"}, real.split(".")[1], draw.randbytes(32))


_FORGERIES: tuple[Callable[[str, Porter, Random], str], ...] = (_flip, _flip, _cut, _reheaded, _reclaimed, _rekeyed)


def _key(porter: Porter) -> bytes:
    key: bytes = porter.tokens.key  # type: ignore[attr-defined]  # the adapter's: the forger has stolen it
    return key


def _signed(header: object, body: str, key: bytes) -> str:
    text = f"{_coded(header)}.{body}"
    name = header.get("alg") if isinstance(header, dict) else None
    digest = {"HS384": "sha384", "HS512": "sha512"}.get(str(name), "sha256")
    proof = base64.urlsafe_b64encode(hmac.digest(key, text.encode(), digest)).decode().rstrip("=")
    return f"{text}.{proof if name != 'none' else ''}"


def _coded(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def _text(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
