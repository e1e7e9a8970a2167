"""Finding organizations before any is chosen: the named cross-organization scope of the entry points."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import frozen

from hlc_adapters.storage.session import Backend
from hlc_adapters.storage.shape import Where, eq
from hlc_adapters.storage.shapes.organizations import ORGANIZATIONS
from hlc_core.kernel.errors import Fault, Missing
from hlc_core.organizations.api import Organization


@frozen
class StoredDirectory:
    """All organizations of the installation."""

    backend: Backend

    def all(self) -> Sequence[Organization]:
        """Every organization, by id."""
        return self._select()

    def by_slug(self, slug: str) -> Organization | None:
        """The one with that word."""
        return next(iter(self._select(eq("slug", slug))), None)

    def by_host(self, host: str) -> Organization | None:
        """The one of whose domains this is one."""
        for column in ("checkout_domain", "consultation_domain", "portal_domain"):
            found = self._select(eq(column, host))
            if found:
                return found[0]
        return None

    def chosen(self, slug: str) -> Organization:
        """The one named, or the only one. Refuses: Missing."""
        if slug:
            found = self.by_slug(slug)
            if found is None:
                raise Missing("There is no organization of that name.", Fault("organization", "see `hlc org list`"))
            return found
        everyone = self.all()
        if not everyone:
            raise Missing("There is no organization yet.", Fault("organization", "run `hlc demo` or `hlc org open`"))
        if len(everyone) > 1:
            names = ", ".join(sorted(one.slug for one in everyone)[:20])
            remedy = Fault("organization", f"name one with --organization or HLC_ORGANIZATION: {names}")
            raise Missing("Several organizations are here.", remedy)
        return everyone[0]

    def _select(self, *where: Where) -> Sequence[Organization]:
        session = self.backend.begin(write=False)
        try:
            return session.select(ORGANIZATIONS, None, where)
        finally:
            session.rollback()
