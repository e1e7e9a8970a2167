"""Which organization a request without credentials means: by its host, else by name, else the only one."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from threading import Lock

from hlc_core.kernel.errors import Fault, Missing
from hlc_core.organizations.api import Organization

SECONDS = 3.0
"""How long the list of organizations may be remembered before it is read again. One that is not in it was perhaps
opened since: the list is read again at once."""


class OrganizationUnknown(Missing):
    """No organization answers to that host or name."""

    remedy = Fault("X-HLC-Organization", "the short name of the organization, as `hlc org list` shows it")


class Tenants:
    """The organizations of this installation, remembered for a moment so that a request costs no statement."""

    def __init__(self, read: Callable[[], Sequence[Organization]], default: str = "") -> None:
        self._read, self._default = read, default
        self._lock = Lock()
        self._until = 0.0
        self._all: Sequence[Organization] = ()
        self._by_host: dict[str, Organization] = {}
        self._by_slug: dict[str, Organization] = {}
        self._by_id: dict[str, Organization] = {}

    def of(self, host: str, slug: str | None) -> Organization:
        """The organization that is meant. Refuses: OrganizationUnknown."""
        self._refresh()
        if slug:
            found = self._by_slug.get(slug) or self._anew()._by_slug.get(slug)
            if found is None:
                raise OrganizationUnknown(
                    "No organization has that name.",
                    Fault("X-HLC-Organization", "the short name of the organization, as `hlc org list` shows it"),
                )
            return found
        found = self._by_host.get(host.partition(":")[0].lower()) or self._by_slug.get(self._default)
        if found is None and len(self._all) == 1:
            found = self._all[0]
        if found is None:
            raise OrganizationUnknown(
                "Say which organization is meant.",
                Fault("X-HLC-Organization", "the short name of the organization, as `hlc org list` shows it"),
            )
        return found

    def named(self, organization: str) -> Organization:
        """The organization of an id. Refuses: OrganizationUnknown."""
        self._refresh()
        found = self._by_id.get(organization) or self._anew()._by_id.get(organization)
        if found is None:
            raise OrganizationUnknown("That organization is not here any more.")
        return found

    def _anew(self) -> Tenants:
        self._until = 0.0
        self._refresh()
        return self

    def _refresh(self) -> None:
        if time.monotonic() < self._until:
            return
        with self._lock:
            if time.monotonic() < self._until:
                return
            self._all = tuple(self._read())
            self._by_slug = {each.slug: each for each in self._all}
            self._by_id = {each.id: each for each in self._all}
            self._by_host = {
                host.lower(): each
                for each in self._all
                for host in (each.domains.checkout, each.domains.consultation, each.domains.portal)
                if host
            }
            self._until = time.monotonic() + (SECONDS if self._all else 0.0)
