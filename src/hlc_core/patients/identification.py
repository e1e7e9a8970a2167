"""Whose message is it: which patient a person from another system is, by what, and how sure that is.

The email address first, the partner's own id second, the phone as the fallback; a name never suffices, and is put
before a person. Source: spec/care, Patients.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from attrs import frozen

from hlc_core.kernel.ids import PatientId


class MatchedBy(StrEnum):
    """What a patient was recognised by, the surest first."""

    EMAIL = "email"
    EXTERNAL_ID = "external_id"
    PHONE = "phone"
    NAME = "name"


class Verdict(StrEnum):
    """What came of it."""

    MATCHED = "matched"
    NEW = "new"
    TO_CONFIRM = "to_confirm"


@frozen(kw_only=True)
class Evidence:
    """One patient who was found by one thing."""

    by: MatchedBy
    patient: PatientId


@frozen(kw_only=True)
class Identified:
    """The verdict, the patient where there is exactly one, what decided, everything that was found, and why a person
    should look (nothing: there is no doubt).
    """

    verdict: Verdict
    patient: PatientId | None = None
    by: MatchedBy | None = None
    evidence: tuple[Evidence, ...] = ()
    doubt: str = ""


Found = Mapping[MatchedBy, frozenset[PatientId]]


def identify(found: Found, other_name: frozenset[PatientId] = frozenset()) -> Identified:
    """Decide by what was found. `other_name` are patients whose name is plainly another than the one that was told.

    The surest thing that found anybody decides; weaker things neither overrule it nor make a doubt, but an external id
    that names somebody else than the address does.
    """
    evidence = tuple(Evidence(by=by, patient=one) for by in MatchedBy for one in sorted(found.get(by, ())))
    for by in MatchedBy:
        patients = found.get(by, frozenset())
        if not patients:
            continue
        one = next(iter(patients)) if len(patients) == 1 else None
        doubt = _doubt(by, one, found, other_name)
        verdict = Verdict.TO_CONFIRM if doubt and by is not MatchedBy.EMAIL else Verdict.MATCHED
        if one is None:
            verdict = Verdict.TO_CONFIRM
        return Identified(verdict=verdict, patient=one, by=by, evidence=evidence, doubt=doubt)
    return Identified(verdict=Verdict.NEW)


def _doubt(by: MatchedBy, one: PatientId | None, found: Found, other_name: frozenset[PatientId]) -> str:
    if one is None:
        return f"several patients have this {by.replace('_', ' ')}"
    if by is MatchedBy.NAME:
        return "only the name is the same"
    linked = found.get(MatchedBy.EXTERNAL_ID, frozenset())
    if by is MatchedBy.EMAIL and linked and one not in linked:
        return "the partner's id is of another patient than the address"
    if by is MatchedBy.PHONE and one in other_name:
        return "the phone is the same, the name is another"
    return ""
