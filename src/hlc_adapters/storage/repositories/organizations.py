"""The organization itself."""

from __future__ import annotations

from attrs import frozen

from hlc_adapters.storage.repositories.rows import Rows
from hlc_adapters.storage.shapes.organizations import ORGANIZATIONS, SECRETS
from hlc_core.kernel.ids import OrganizationId
from hlc_core.organizations.model import Organization, OrganizationSecrets


@frozen
class StoredOrganizations(Rows[OrganizationId, Organization]):
    """The one organization that the unit of work is made for."""

    shape = ORGANIZATIONS


@frozen
class StoredSecrets(Rows[OrganizationId, OrganizationSecrets]):
    """Its secrets."""

    shape = SECRETS
