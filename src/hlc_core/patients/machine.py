"""The life of a merge: it stands until it is undone."""

from __future__ import annotations

from enum import StrEnum

from hlc_core.kernel.machine import Machine, NoFacts, Note, Rule


class MergeState(StrEnum):
    """Whether the two records are one."""

    MERGED = "merged"
    UNDONE = "undone"


class MergeTrigger(StrEnum):
    """What happens to a merge."""

    UNDO = "undo"


MERGE = Machine[MergeState, MergeTrigger, NoFacts](
    name="patient_merge",
    initial=MergeState.MERGED,
    final=frozenset({MergeState.UNDONE}),
    rules=(
        Rule(
            MergeState.MERGED,
            MergeTrigger.UNDO,
            MergeState.UNDONE,
            permission="emr.patients.manage",
            causes="the duplicate is a patient of its own again, and what was taken over goes back",
        ),
    ),
    notes={
        MergeState.MERGED: Note("nobody", "Your records are one.", "The duplicate joined the other record."),
        MergeState.UNDONE: Note("nobody", "Your records are two.", "Both records stand on their own again."),
    },
)
