"""What use cases may touch: every context's Env, satisfied by shape."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

from hlc_adapters.storage.repositories.audit import StoredTrail
from hlc_adapters.storage.repositories.organizations import StoredOrganizations
from hlc_adapters.storage.repositories.patients import StoredPatients
from hlc_adapters.storage.repositories.payments import (
    StoredAttempts,
    StoredMethods,
    StoredProcessorEvents,
    StoredRefunds,
)
from hlc_adapters.storage.unit_of_work import UnitOfWork
from hlc_core.kernel.commands import Actor
from hlc_core.kernel.events import Outbox
from hlc_core.kernel.ids import Ids, OrganizationId
from hlc_core.kernel.time import Clock
from hlc_core.organizations.model import Organization
from hlc_core.patients.ports import Fingerprints
from hlc_core.payments.ports import Capable


class Environment:
    """One transaction's environment; repositories are made when first asked for."""

    def __init__(
        self,
        *,
        unit: UnitOfWork,
        actor: Actor,
        clock: Clock,
        ids: Ids,
        outbox: Outbox,
        fingerprints: Fingerprints,
        gateways: Capable,
        find_organization: Callable[[UnitOfWork, OrganizationId], Organization],
    ) -> None:
        self.unit = unit
        self.actor = actor
        self.clock = clock
        self.ids = ids
        self.outbox = outbox
        self.fingerprints = fingerprints
        self.gateways = gateways
        self._find_organization = find_organization

    @cached_property
    def organization(self) -> Organization:
        """The organization that it is made for. Refuses: Missing."""
        return self._find_organization(self.unit, self.actor.organization)

    @cached_property
    def organizations(self) -> StoredOrganizations:
        return StoredOrganizations(self.unit)

    @cached_property
    def trail(self) -> StoredTrail:
        return StoredTrail(self.unit)

    @cached_property
    def patients(self) -> StoredPatients:
        return StoredPatients(self.unit)

    @cached_property
    def attempts(self) -> StoredAttempts:
        return StoredAttempts(self.unit)

    @cached_property
    def refunds(self) -> StoredRefunds:
        return StoredRefunds(self.unit)

    @cached_property
    def methods(self) -> StoredMethods:
        return StoredMethods(self.unit)

    @cached_property
    def processor_events(self) -> StoredProcessorEvents:
        return StoredProcessorEvents(self.unit)
