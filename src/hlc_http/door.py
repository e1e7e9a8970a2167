"""The door: which actor, for which organization, stands behind a request, and whether it may pass."""

from __future__ import annotations

from attrs import frozen

from hlc_core.access.api import KEYS
from hlc_core.kernel.commands import Actor, ActorKind
from hlc_core.kernel.errors import Denied, Fault, Unauthenticated
from hlc_core.kernel.ids import ActorId
from hlc_core.organizations.api import Organization
from hlc_http.auth import Authentication, credentials_in
from hlc_http.call import Incoming
from hlc_http.table import Face, Route, Who
from hlc_http.tenants import OrganizationUnknown, Tenants

Passed = tuple[Actor | None, Organization | None]


@frozen(kw_only=True)
class Door:
    """Asks for credentials where a route needs them; everybody else is a visitor of the organization that is meant."""

    authentication: Authentication
    tenants: Tenants

    def pass_through(self, route: Route, incoming: Incoming) -> Passed:
        """Who it is. Refuses: Unauthenticated, Denied, OrganizationUnknown."""
        credentials = None
        if (route.face is not Face.PAGE or route.who is not Who.ANYONE) and not route.own_secret:
            credentials = credentials_in(incoming.headers.get("authorization"), incoming.headers.get("x-api-key"))
        if credentials is None:
            return self._visitor(route, incoming)
        actor, tenant = self.authentication.authenticate(credentials)
        if not route.who.admits(actor.kind):
            raise Denied("That key is not for this part of the API.", Fault("key", f"needs one for: {route.who}"))
        if incoming.headers.get("x-hlc-organization", tenant.slug) != tenant.slug:
            raise OrganizationUnknown("No organization has that name.")
        if route.permission is not None and not actor.may(route.permission):
            raise Denied("You may not do this.", Fault("permission", f"needs {route.permission}"))
        return actor, tenant

    def meant(self, incoming: Incoming) -> Organization:
        """The organization that the host or the header names. Refuses: OrganizationUnknown."""
        return self.tenants.of(incoming.host, incoming.headers.get("x-hlc-organization"))

    def _visitor(self, route: Route, incoming: Incoming) -> Passed:
        if route.who is not Who.ANYONE:
            raise Unauthenticated("Send an API key, as `Authorization: Bearer hlc_…` or as `X-API-Key`.")
        if route.face is Face.MACHINE:
            return None, None
        try:
            tenant = self.meant(incoming)
        except OrganizationUnknown:
            if "x-hlc-organization" in incoming.headers:
                raise
            return None, None
        return _public(tenant), tenant


def _public(tenant: Organization) -> Actor:
    kind = ActorKind.PUBLIC
    return Actor(kind=kind, id=ActorId("public"), organization=tenant.id, permissions=KEYS[kind])
