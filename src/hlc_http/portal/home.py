"""The first page: what wants doing, and what comes next."""

from __future__ import annotations

from hlc_http.call import Call
from hlc_http.portal.shell import page, portal_routes
from hlc_http.returning import HOME
from hlc_http.table import Nothing, Page, Redirect

routes = portal_routes("home")


@routes.get("/patient", "The portal")
def portal(call: Call[Nothing, Nothing]) -> Redirect:
    """Its first page."""
    return Redirect(to=HOME)


@routes.get(HOME, "What wants doing, and what comes next")
def portal_home(call: Call[Nothing, Nothing]) -> Page:
    """The first page after the sign-in."""
    return page(call, "home.html", at="dashboard")
