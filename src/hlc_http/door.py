"""The door: which actor, for which organization, stands behind a request, and whether it may pass."""

from __future__ import annotations

from attrs import frozen

from hlc_core.access.api import KEYS, OUT_OF_REACH
from hlc_core.identity.api import (
    ClinicUnknown,
    NotWhileImpersonating,
    Porter,
    Presence,
    SecondFactorNeeded,
    SessionOver,
    Tickets,
    csrf_token,
    present,
    refresh,
)
from hlc_core.kernel.commands import STOP_ACTING, Actor, ActorKind
from hlc_core.kernel.errors import Denied, Fault, Unauthenticated
from hlc_core.kernel.ids import ActorId, OrganizationId
from hlc_core.organizations.api import Organization
from hlc_core.registry import USE_CASES
from hlc_http.auth import Authentication, credentials_in, is_token
from hlc_http.call import Incoming
from hlc_http.cookies import Jar
from hlc_http.reading import refuse_other_sites
from hlc_http.strict import form_value
from hlc_http.table import Face, Route, Takes, Who
from hlc_http.tenants import OrganizationUnknown, Tenants

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_IN_OWN_NAME = frozenset(row.command for row in USE_CASES if row.permission in OUT_OF_REACH)
"""What nobody does while they act for somebody else."""
CSRF_HEADER, CSRF_FIELD = "x-csrf-token", "csrfToken"


class CsrfTokenWrong(Denied):
    """A request with cookies did not bring the token that only our own pages know."""


@frozen(kw_only=True)
class Passed:
    """Who came through the door, for which organization; `presence` where it is a person who is signed in."""

    sender: Actor | None = None
    tenant: Organization | None = None
    presence: Presence | None = None


class SignInFirst(Unauthenticated):
    """A page for people who are signed in, and a browser that is not, or not any more."""

    remedy = Fault("Authorization", "sign in first")


@frozen(kw_only=True)
class Door:
    """Asks for credentials where a route needs them; everybody else is a visitor of the organization that is meant."""

    authentication: Authentication
    tenants: Tenants
    porter: Porter
    jar: Jar

    def pass_through(self, route: Route, incoming: Incoming) -> Passed:
        """Who it is. Refuses: Unauthenticated, Denied, OrganizationUnknown, ClinicUnknown, ForeignOrigin."""
        credentials = None
        if (route.face is not Face.PAGE or route.who is not Who.ANYONE) and not route.own_secret:
            credentials = credentials_in(incoming.headers.get("authorization"), incoming.headers.get("x-api-key"))
        if credentials is not None:
            passed = self._known(credentials, incoming)
        else:
            if route.sign_in:
                return self._admitted(self._browser(route, incoming), route, incoming)
            token = incoming.cookies.get(self.jar.access) if route.who is not Who.ANYONE else None
            if token is None:
                return self._visitor(route, incoming)
            passed = self._by_cookie(token, route, incoming)
        return self._admitted(passed, route, incoming)

    def meant(self, incoming: Incoming) -> Organization:
        """The organization that the host or the header names. Refuses: OrganizationUnknown."""
        return self.tenants.of(incoming.host, incoming.headers.get("x-hlc-organization"))

    def _known(self, credentials: str, incoming: Incoming) -> Passed:
        if is_token(credentials):
            return self._person(credentials, incoming)
        actor, tenant = self.authentication.authenticate(credentials)
        if _wanted(incoming) not in (None, tenant.id):
            raise ClinicUnknown("You work at no clinic of that name.")
        return Passed(sender=actor, tenant=tenant)

    def _person(self, token: str, incoming: Incoming) -> Passed:
        presence = present(token, _wanted(incoming), self.porter)
        tenant = self.tenants.named(presence.actor.organization)
        return Passed(sender=presence.actor, tenant=tenant, presence=presence)

    def renewed(self, route: Route, incoming: Incoming) -> Tickets | None:
        """New tickets for a browser on our pages whose access token has run out; None where none is needed or had."""
        kept = incoming.cookies.get(self.jar.refresh, "")
        if not route.sign_in or not kept:
            return None
        try:
            self.porter.tokens.read(incoming.cookies.get(self.jar.access, ""), self.porter.clock.now())
        except Unauthenticated:
            try:
                return refresh(kept, self.porter)
            except (SessionOver, SecondFactorNeeded, ClinicUnknown):
                return None
        return None

    def _browser(self, route: Route, incoming: Incoming) -> Passed:
        try:
            return self._by_cookie(incoming.cookies.get(self.jar.access, ""), route, incoming)
        except (Unauthenticated, SecondFactorNeeded, ClinicUnknown):
            raise SignInFirst("Sign in first.") from None

    def _by_cookie(self, token: str, route: Route, incoming: Incoming) -> Passed:
        passed = self._person(token, incoming)
        if incoming.method not in SAFE and passed.presence is not None:
            refuse_other_sites(incoming)
            expected = csrf_token(passed.presence.session.id, self.porter.secrets)
            if not self.porter.secrets.same(_csrf(route, incoming), expected):
                raise CsrfTokenWrong(
                    "Load the page again, then repeat this.", Fault("X-CSRF-Token", "as the sign-in answered it")
                )
        return passed

    def _admitted(self, passed: Passed, route: Route, incoming: Incoming) -> Passed:
        actor, tenant = passed.sender, passed.tenant
        way_out = (STOP_ACTING,) if actor is not None and actor.impersonates else ()
        if actor is None or tenant is None or not route.who.admits(actor.kind):
            if passed.presence is not None:
                raise Denied("You may not do this.", Fault("role", f"this is for: {route.who}"), *way_out)
            raise Denied(
                "That key is not for this part of the API.",
                Fault("Authorization", f"needs a key or a sign-in for: {route.who}"),
            )
        if route.who is Who.PERSON and passed.presence is None:
            raise Unauthenticated("Sign in first; a key is no person.")
        if incoming.headers.get("x-hlc-organization", tenant.slug) != tenant.slug:
            raise OrganizationUnknown("No organization has that name.")
        if route.permission is not None and not actor.may(route.permission):
            raise Denied("You may not do this.", Fault("permission", f"needs {route.permission}"), *way_out)
        return passed

    def _visitor(self, route: Route, incoming: Incoming) -> Passed:
        if route.who is not Who.ANYONE:
            raise Unauthenticated("Sign in, or send an API key, as `Authorization: Bearer …` or as `X-API-Key`.")
        if route.uses in _IN_OWN_NAME:
            self._refuse_standing_in(incoming)
        if route.face is Face.MACHINE:
            return Passed()
        try:
            tenant = self.meant(incoming)
        except OrganizationUnknown:
            if "x-hlc-organization" in incoming.headers:
                raise
            return Passed()
        return Passed(sender=_public(tenant), tenant=tenant)

    def _refuse_standing_in(self, incoming: Incoming) -> None:
        """The public pages know nobody; yet a browser in which somebody acts for somebody else pays nothing there.

        Refuses: NotWhileImpersonating.
        """
        token = incoming.cookies.get(self.jar.access)
        if token is None:
            return
        try:
            claims = self.porter.tokens.read(token, self.porter.clock.now())
        except Unauthenticated:
            return
        if claims.impersonation is not None:
            raise NotWhileImpersonating("Nobody pays in somebody else's name: the person pays.", STOP_ACTING)


def _wanted(incoming: Incoming) -> OrganizationId | None:
    """The clinic that the request names. Refuses: ClinicUnknown (two different ones)."""
    named = {text for text in (incoming.headers.get("x-clinic-id", ""), incoming.clinic) if text}
    if len(named) > 1:
        raise ClinicUnknown("You work at no clinic of that name.")
    return OrganizationId(named.pop()) if named else None


def _csrf(route: Route, incoming: Incoming) -> str:
    if route.takes is Takes.FORM and CSRF_HEADER not in incoming.headers:
        return form_value(incoming.body).get(CSRF_FIELD, "")
    return incoming.headers.get(CSRF_HEADER, "")


def _public(tenant: Organization) -> Actor:
    kind = ActorKind.PUBLIC
    return Actor(kind=kind, id=ActorId("public"), organization=tenant.id, permissions=KEYS[kind])
