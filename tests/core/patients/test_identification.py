"""Whose message it is: the surest evidence decides, and a name never suffices."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from hlc_core.kernel.ids import PatientId
from hlc_core.patients.api import MatchedBy, Verdict, identify

PATIENTS = [PatientId(f"pat_{name}") for name in "abcd"]
ids = st.frozensets(st.sampled_from(PATIENTS), max_size=3)
founds = st.dictionaries(st.sampled_from(MatchedBy), ids)
one = st.sampled_from(PATIENTS)


@given(found=founds, others=ids)
def test_the_surest_thing_that_found_anybody_decides(
    found: dict[MatchedBy, frozenset[PatientId]], others: frozenset[PatientId]
) -> None:
    """A patient is answered only where exactly one was found by it; nobody found is nobody."""
    decided = identify(found, others)
    first = next((by for by in MatchedBy if found.get(by)), None)

    assert first == decided.by
    assert (first is None) is (decided.verdict is Verdict.NEW)
    if first is not None:
        assert ({decided.patient} == found[first]) is (decided.patient is not None)
        assert (len(found[first]) == 1) is (decided.patient is not None)


@given(found=founds, others=ids)
def test_whoever_is_answered_without_a_person_was_found_alone_and_not_by_name(
    found: dict[MatchedBy, frozenset[PatientId]], others: frozenset[PatientId]
) -> None:
    """Everything else is put before a person, with the reason."""
    decided = identify(found, others)

    if decided.verdict is Verdict.MATCHED:
        assert decided.by is not MatchedBy.NAME
        assert decided.patient is not None
    if decided.verdict is Verdict.TO_CONFIRM:
        assert decided.doubt


@given(found=founds, weaker=founds, others=ids)
def test_weaker_evidence_changes_no_verdict(
    found: dict[MatchedBy, frozenset[PatientId]],
    weaker: dict[MatchedBy, frozenset[PatientId]],
    others: frozenset[PatientId],
) -> None:
    """What was found by less sure things than the deciding one is only noted."""
    decided = identify(found, others)
    if decided.by is None:
        return
    order = list(MatchedBy)
    later = {by: who for by, who in weaker.items() if order.index(by) > order.index(decided.by)}
    if decided.by is MatchedBy.EMAIL:
        later.pop(MatchedBy.EXTERNAL_ID, None)  # it may make a doubt; see below
        later.update({MatchedBy.EXTERNAL_ID: found.get(MatchedBy.EXTERNAL_ID, frozenset())})
    again = identify({**found, **later}, others)

    assert (decided.verdict, decided.patient, decided.by) == (again.verdict, again.patient, again.by)


@given(by=st.sampled_from([MatchedBy.EMAIL, MatchedBy.EXTERNAL_ID, MatchedBy.PHONE]), patient=one)
def test_one_patient_by_anything_but_a_name_is_found(by: MatchedBy, patient: PatientId) -> None:
    """And by a name is put before a person."""
    assert (Verdict.MATCHED, patient) == _of(identify({by: frozenset({patient})}))
    assert (Verdict.TO_CONFIRM, patient) == _of(identify({MatchedBy.NAME: frozenset({patient})}))


def _of(decided: object) -> tuple[object, object]:
    return (getattr(decided, "verdict", None), getattr(decided, "patient", None))


def test_an_id_of_another_patient_than_the_address_is_a_doubt() -> None:
    """The address still decides; nobody overlooks the contradiction."""
    first, second = PATIENTS[:2]
    decided = identify({MatchedBy.EMAIL: frozenset({first}), MatchedBy.EXTERNAL_ID: frozenset({second})})

    assert (Verdict.MATCHED, first) == _of(decided)
    assert "another patient" in decided.doubt
    assert 2 == len(decided.evidence)


def test_a_shared_phone_with_another_name_is_put_before_a_person() -> None:
    """Families share phones."""
    found = {MatchedBy.PHONE: frozenset({PATIENTS[0]})}

    assert Verdict.MATCHED is identify(found).verdict
    assert Verdict.TO_CONFIRM is identify(found, frozenset({PATIENTS[0]})).verdict
