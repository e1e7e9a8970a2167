"""Licences of clinicians: adding, verifying and withdrawing them, and whether one is valid for a state."""

from __future__ import annotations

import re
from datetime import date

from attrs import frozen

from hlc_core.kernel.commands import Command, Query
from hlc_core.kernel.errors import Fault, HlcError
from hlc_core.kernel.evolve import evolve
from hlc_core.kernel.ids import ActorId, LicenceId
from hlc_core.kernel.paging import Page, limited
from hlc_core.kernel.text import line
from hlc_core.kernel.time import local_date
from hlc_core.patients.api import is_state, state_code
from hlc_core.review.errors import NotALicence, NotLicensed
from hlc_core.review.model import Licence, LicenceEvidence
from hlc_core.review.places import Place
from hlc_core.review.ports import Env

_COUNTRY = re.compile(r"[A-Z]{2}")


@frozen(kw_only=True)
class AddLicence(Command[Licence]):
    """A clinician's licence for one state; it counts once somebody has verified it."""

    clinician: ActorId
    number: str
    state: str
    expires_on: date
    country: str = "US"


def add_licence(command: AddLicence, env: Env) -> Licence:
    """Refuses: NotALicence (all fields at fault; one that has expired says nothing for anybody), AlreadyExists (the
    number in that state)."""
    country = command.country.strip().upper()
    state = state_code(command.state, country)
    faults = [
        *_line_faults("clinician", command.clinician, 80),
        *_line_faults("number", command.number, 40),
        *(() if _COUNTRY.fullmatch(country) else (Fault("country", "two letters, such as US"),)),
        *(() if is_state(state, country) else (Fault("state", f"the code of a state of {country}, such as NY"),)),
        *_expired(command.expires_on, env),
    ]
    if faults:
        raise NotALicence("That is no licence.", *faults)
    licence = Licence(
        id=LicenceId(env.ids.new("lic")),
        organization=env.organization.id,
        clinician=ActorId(command.clinician.strip()),
        number=command.number.strip(),
        state=state,
        expires_on=command.expires_on,
        country=country,
        added_at=env.clock.now(),
    )
    env.licences.add(licence)
    return licence


def _expired(expires_on: date, env: Env) -> tuple[Fault, ...]:
    today = local_date(env.clock.now(), env.organization.zone)
    return () if today <= expires_on else (Fault("expires_on", f"it expired; a day from {today} on"),)


def _line_faults(name: str, text: str, most: int) -> tuple[Fault, ...]:
    try:
        line(text, name, most, 1)
    except HlcError as refusal:
        return refusal.faults
    return ()


@frozen(kw_only=True)
class VerifyLicence(Command[Licence]):
    """Somebody compared the licence with the register of its state."""

    licence: LicenceId


def verify_licence(command: VerifyLicence, env: Env) -> Licence:
    """Refuses: Missing. Verifying again keeps the first time, unless it was withdrawn since."""
    held = env.licences.get(command.licence)
    if held.verified_at is not None and held.withdrawn_at is None:
        return held
    verified = evolve(held, verified_at=env.clock.now(), verified_by=env.actor.id, withdrawn_at=None)
    env.licences.save(verified)
    return verified


@frozen(kw_only=True)
class RenewLicence(Command[Licence]):
    """Its state prolonged the licence: it has a new last day, and counts once somebody has verified that."""

    licence: LicenceId
    expires_on: date


def renew_licence(command: RenewLicence, env: Env) -> Licence:
    """Refuses: Missing, NotALicence (a day that is over). The day that stands changes nothing; one that was
    withdrawn counts again once it is verified."""
    held = env.licences.get(command.licence)
    if held.expires_on == command.expires_on:
        return held
    faults = _expired(command.expires_on, env)
    if faults:
        raise NotALicence("That is no licence.", *faults)
    renewed = evolve(held, expires_on=command.expires_on, verified_at=None, verified_by=None)
    env.licences.save(renewed)
    return renewed


@frozen(kw_only=True)
class WithdrawLicence(Command[Licence]):
    """The licence counts no more; what was decided under it stays as it was."""

    licence: LicenceId


def withdraw_licence(command: WithdrawLicence, env: Env) -> Licence:
    """Refuses: Missing. Withdrawing again changes nothing."""
    held = env.licences.get(command.licence)
    if held.withdrawn_at is not None:
        return held
    withdrawn = evolve(held, withdrawn_at=env.clock.now())
    env.licences.save(withdrawn)
    return withdrawn


@frozen(kw_only=True)
class LicenceCard:
    """A licence, and whether it is valid today."""

    licence: Licence
    valid: bool


@frozen(kw_only=True)
class ListLicences(Query[Page[LicenceCard]]):
    """Licences, oldest first; all, or all of one clinician (on one page)."""

    clinician: ActorId | None = None
    cursor: str | None = None
    limit: int = 50


def list_licences(query: ListLicences, env: Env) -> Page[LicenceCard]:
    """Refuses: Invalid (limit)."""
    room = limited(query.limit) + 1
    today = local_date(env.clock.now(), env.organization.zone)
    if query.clinician is not None:
        return Page(tuple(_card(one, today) for one in env.licences.of_clinician(query.clinician)))
    rows = env.licences.page(None if query.cursor is None else LicenceId(query.cursor), room)
    page = rows[: query.limit]
    return Page(tuple(_card(one, today) for one in page), page[-1].id if len(rows) > query.limit else None)


def _card(one: Licence, today: date) -> LicenceCard:
    return LicenceCard(licence=one, valid=one.valid(today))


def licence_for(clinician: ActorId, place: Place, today: date, env: Env) -> LicenceEvidence:
    """The clinician's licence for that state as of today, the one that lasts longest. Refuses: NotLicensed."""
    here = [
        one for one in env.licences.of_clinician(clinician) if (one.state, one.country) == (place.state, place.country)
    ]
    valid = sorted((one for one in here if one.valid(today)), key=lambda one: one.expires_on)
    if not valid:
        remedy = f"a verified licence for {place.state}: an administrator adds and verifies it (`hlc licences`)"
        raise NotLicensed(_why_not(here, place, today), Fault("licence", remedy))
    best = valid[-1]
    return LicenceEvidence(
        licence=best.id,
        number=best.number,
        state=best.state,
        country=best.country,
        expires_on=best.expires_on,
        verified_at=best.verified_at or best.added_at,
    )


def _why_not(here: list[Licence], place: Place, today: date) -> str:
    where = f"{place.state}, where the patient is"
    if not here:
        return f"You have no licence for {where}, so you cannot approve this."
    newest = max(here, key=lambda one: one.expires_on)
    if newest.expires_on < today:
        return f"Your licence for {where}, expired on {newest.expires_on}, so you cannot approve this."
    if newest.withdrawn_at is not None:
        return f"Your licence for {where}, was withdrawn, so you cannot approve this."
    return f"Your licence for {where}, is not verified yet, so you cannot approve this."
