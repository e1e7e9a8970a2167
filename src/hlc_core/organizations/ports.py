"""What organizations need from outside."""

from __future__ import annotations

from typing import Protocol

from hlc_core.kernel.commands import Actor
from hlc_core.kernel.events import Outbox
from hlc_core.kernel.ids import Ids, OrganizationId
from hlc_core.kernel.repository import Repository
from hlc_core.kernel.time import Clock
from hlc_core.organizations.model import Organization, OrganizationSecrets


class Organizations(Repository[OrganizationId, Organization], Protocol):
    """The one organization that the environment is made for. Refuses: Missing (get), AlreadyExists (slug)."""


class SecretRows(Repository[OrganizationId, OrganizationSecrets], Protocol):
    """The organization's own secrets: one row under its id, or none."""


class Env(Protocol):
    """What use cases of this context may touch; every other context's Env has these, too."""

    @property
    def actor(self) -> Actor: ...
    @property
    def clock(self) -> Clock: ...
    @property
    def ids(self) -> Ids: ...
    @property
    def outbox(self) -> Outbox: ...
    @property
    def organization(self) -> Organization: ...
    @property
    def organizations(self) -> Organizations: ...
    @property
    def secrets(self) -> SecretRows: ...
