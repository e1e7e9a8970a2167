"""The note that a prescriber reads of an intake that was filled in elsewhere. Pure: nothing is concluded here."""

from __future__ import annotations

from collections.abc import Sequence

from hlc_core.provider_queue.model import Answered
from hlc_core.provider_queue.treatment import key_of, treatment_of

_MEASURED = frozenset(
    {"height", "weight", "bmi", "blood-pressure", "heart-rate", "resting-heart-rate", "waist", "age", "sex", "gender",
     "starting-weight", "current-weight", "goal-weight", "ideal-weight", "feet", "inches"}
)  # fmt: skip


def soap_note(answers: Sequence[Answered], partner: str) -> str:
    """What the patient says, what was measured, nothing assessed, and what is asked for."""
    measured = [one for one in answers if key_of(one.key) in _MEASURED]
    said = [one for one in answers if key_of(one.key) not in _MEASURED]
    asked = treatment_of(None, answers)
    wish = asked.medication or asked.product or "not told"
    parts = (
        (f"S (what the patient told {partner})", _listed(said)),
        ("O (measures as told)", _listed(measured)),
        ("A", "Nothing is assessed by HLC; the prescriber assesses."),
        ("P", f"Asked for: {wish}. The prescriber decides."),
    )
    return "\n\n".join(f"{title}\n{text}" for title, text in parts)


def _listed(answers: Sequence[Answered]) -> str:
    return "\n".join(f"- {one.key}: {one.value}" for one in answers) or "- nothing was told"
