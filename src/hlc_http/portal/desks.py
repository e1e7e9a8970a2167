"""Where people of a clinic land who sign in on the pages: who they are here, what pages there are, and the way out.

The paths are those of the sources (spec/access, Roles). What they work with beside these pages is the API and `hlc`.
"""

from __future__ import annotations

from typing import Any

from attrs import frozen

from hlc_core.access.api import LANDING, ME, PORTALS, Portal, Role, landing
from hlc_core.identity.api import csrf_token
from hlc_core.partners.api import ListMessages
from hlc_core.provider_queue.api import ListQueue
from hlc_core.registry import QUESTIONS
from hlc_http.call import Call
from hlc_http.pages import brand_of
from hlc_http.portal.shell import SIGN_IN, jar_of, said, unsaid
from hlc_http.returning import HOME
from hlc_http.table import Face, Nothing, Page, Redirect, Routes, Who

routes = Routes("desks", who=Who.PERSON, face=Face.PAGE, permission=ME, sign_in=SIGN_IN)

_NAMES = {Portal.ADMIN: "Admin", Portal.CRM: "CRM", Portal.EMR: "EMR"}
_ROLES = {
    Role.SUPER_ADMIN: "a super administrator",
    Role.ORG_ADMIN: "an administrator",
    Role.CLINICIAN: "a clinician",
    Role.STAFF: "a member of staff",
}
_KEYS = {row.query: row.permission for row in QUESTIONS}


@frozen(kw_only=True)
class Place:
    """A page that is there, and what one does on it."""

    label: str
    says: str
    to: str


_PLACES = (
    (Portal.ADMIN, ListQueue, Place(label="Rx queue", says="What waits for a prescriber, and what is withheld and why.",
                                    to="/admin/rx-queue")),
    (Portal.ADMIN, ListMessages, Place(label="Webhooks", says="What partners sent, what failed, and why.",
                                       to="/webhooks/monitor")),
)  # fmt: skip


@routes.get(LANDING[Portal.ADMIN], "Where administrators land")
def admin_desk(call: Call[Nothing, Nothing]) -> Page | Redirect:
    """With the pages that their keys open."""
    return _desk(call, Portal.ADMIN)


@routes.get(LANDING[Portal.CRM], "Where staff land")
def crm_desk(call: Call[Nothing, Nothing]) -> Page | Redirect:
    """With the way over to the EMR portal."""
    return _desk(call, Portal.CRM)


@routes.get(LANDING[Portal.EMR], "Where clinicians land")
def emr_desk(call: Call[Nothing, Nothing]) -> Page | Redirect:
    """With the pages that their keys open."""
    return _desk(call, Portal.EMR)


def _desk(call: Call[Any, Any], portal: Portal) -> Page | Redirect:
    who, jar = call.person, jar_of(call)
    role = Role(call.actor.role)
    if role is Role.PATIENT:
        return Redirect(to=HOME)
    if portal not in PORTALS[role]:
        return Redirect(to=landing(role, who.user.portal))
    shows = {
        "brand": brand_of(call.organization),
        "csrf": csrf_token(who.session.id, call.services.porter.secrets),
        "person": (who.target or who.user).name,
        "acting": who.target is not None,
        "at": _NAMES[portal],
        "navigation": tuple((_NAMES[one], _NAMES[one], LANDING[one]) for one in PORTALS[role]),
        "role": _ROLES[role],
        "places": tuple(place for home, asks, place in _PLACES if home is portal and _may(call, asks)),
        **said(call),
    }
    return Page(template="portal/desk.html", shows=shows, cookies=unsaid(call, jar))


def _may(call: Call[Any, Any], asks: type[Any]) -> bool:
    needed = _KEYS[asks]
    return needed is not None and call.actor.may(needed)
