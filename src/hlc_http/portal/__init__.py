"""The patient portal: pages for patients who are signed in, rendered here, working without scripts."""

from hlc_http.portal import cards, entering, home, invoices

PORTAL = (entering.routes, entering.leaving, home.routes, invoices.routes, cards.routes)
"""The routes of all its parts."""
