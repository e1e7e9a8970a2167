"""The patient portal: pages for patients who are signed in, rendered here, working without scripts."""

from hlc_http.portal import entering, home

PORTAL = (entering.routes, entering.leaving, home.routes)
"""The routes of all its parts."""
