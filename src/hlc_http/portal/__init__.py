"""The patient portal: pages for patients who are signed in, rendered here, working without scripts."""

from hlc_http.portal import agreements, entering, home, ordering, profile

PORTAL = (
    entering.routes,
    entering.leaving,
    home.routes,
    ordering.routes,
    agreements.routes,
    profile.routes,
)
"""The routes of all its parts."""
