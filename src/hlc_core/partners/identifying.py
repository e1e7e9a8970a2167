"""Whom a partner means: asked of patients, who know everybody and under which ids other systems know them.

Source: spec/care, Patients (identification across systems).
"""

from __future__ import annotations

from hlc_core.kernel.errors import Fault
from hlc_core.partners.errors import PatientInDoubt
from hlc_core.partners.ports import Env
from hlc_core.patients.api import Claim, ExternalId, FoundPatient, MatchedBy, Verdict, find_or_register

SURELY = (MatchedBy.EMAIL, MatchedBy.EXTERNAL_ID, MatchedBy.PHONE)
"""What a patient is recognised by where a name alone must not put one person's things with another's."""
LONGEST_ID = 200


def claim_of(partner: str, email: str = "", their_id: str = "", phone: str = "", name: str = "") -> Claim:
    """What the partner tells of somebody; empty is not told. An id that is too long to be one is passed over."""
    id = their_id.strip()
    usable = 0 < len(id) <= LONGEST_ID and id.isprintable()
    return Claim(
        email=email,
        phone=phone,
        name=name,
        external_id=ExternalId(system=partner, value=id) if usable else None,
    )


def known(claim: Claim, env: Env, by: tuple[MatchedBy, ...] = SURELY) -> FoundPatient:
    """Whom it means, where somebody is known; a sure match learns their id. Nobody is registered."""
    return find_or_register(claim, None, env, by)


def settled(found: FoundPatient) -> FoundPatient:
    """What was found, if no person has to say who it is. Refuses: PatientInDoubt."""
    if found.identified.verdict is not Verdict.TO_CONFIRM:
        return found
    raise in_doubt(found)


def in_doubt(found: FoundPatient) -> PatientInDoubt:
    """The refusal, with what staff do about it."""
    candidates = ", ".join(dict.fromkeys(one.patient for one in found.identified.evidence))
    remedy = (
        f"candidates: {candidates}; tell who it is (`hlc patients link`, or `register` with that address) and replay "
        "the message"
    )
    return PatientInDoubt(f"It is not sure whom it means: {found.identified.doubt}.", Fault("patient", remedy))
