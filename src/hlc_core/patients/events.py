"""What happened to patients; by id only."""

from __future__ import annotations

from typing import ClassVar

from attrs import frozen

from hlc_core.kernel.events import Event
from hlc_core.kernel.ids import PatientId


@frozen(kw_only=True)
class PatientCreated(Event):
    """A new account; the welcome mail goes out once for it."""

    name: ClassVar[str] = "patient.created"
    patient: PatientId

    @property
    def subject(self) -> str:
        """The patient."""
        return self.patient


@frozen(kw_only=True)
class PatientMerged(Event):
    """A provisional patient joined the account whose address it had used."""

    name: ClassVar[str] = "patient.merged"
    patient: PatientId
    into: PatientId

    @property
    def subject(self) -> str:
        """The patient that joined."""
        return self.patient


@frozen(kw_only=True)
class PatientRegistered(Event):
    """Staff or a partner registered a patient."""

    name: ClassVar[str] = "patient.registered"
    patient: PatientId

    @property
    def subject(self) -> str:
        """The patient."""
        return self.patient


@frozen(kw_only=True)
class PatientChanged(Event):
    """Something that is known of a patient was changed."""

    name: ClassVar[str] = "patient.changed"
    patient: PatientId

    @property
    def subject(self) -> str:
        """The patient."""
        return self.patient


@frozen(kw_only=True)
class PatientMergeUndone(Event):
    """A duplicate is a patient of its own again."""

    name: ClassVar[str] = "patient.merge_undone"
    patient: PatientId
    out_of: PatientId

    @property
    def subject(self) -> str:
        """The patient that was the duplicate."""
        return self.patient
