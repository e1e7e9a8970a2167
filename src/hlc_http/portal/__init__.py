"""The patient portal, and where people of a clinic land: pages rendered here, working without scripts."""

from hlc_http.portal import agreements, cards, desks, entering, home, invoices, ordering, profile

PORTAL = (
    entering.routes,
    entering.leaving,
    home.routes,
    ordering.routes,
    agreements.routes,
    invoices.routes,
    cards.routes,
    profile.routes,
    desks.routes,
)
"""The routes of all its parts."""
