"""The patient portal: pages for patients who are signed in, rendered here, working without scripts."""

from hlc_http.portal import agreements, cards, entering, home, invoices, ordering, profile

PORTAL = (
    entering.routes,
    entering.leaving,
    home.routes,
    ordering.routes,
    agreements.routes,
    invoices.routes,
    cards.routes,
    profile.routes,
)
"""The routes of all its parts."""
