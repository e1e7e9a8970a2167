"""Where a browser goes that has to sign in first, and whether the way back stays on our own pages."""

from __future__ import annotations

import re
from urllib.parse import quote, urlsplit

from hlc_http.call import Incoming
from hlc_http.cookies import Jar
from hlc_http.table import Page, Redirect

HOME = "/patient/dashboard"
_OURS = re.compile(r"/patient(/[A-Za-z0-9_-]+)*(\?[A-Za-z0-9_=&-]*)?")


def safe_path(text: str, otherwise: str = HOME) -> str:
    """The path, if it is one of the portal's own pages; never another site, whatever browsers make of it."""
    return text if len(text) <= 200 and _OURS.fullmatch(text) else otherwise


def _page_of(referer: str) -> str:
    """The page on which the form stood, with its query: a form's own address often shows nothing."""
    try:
        parts = urlsplit(referer)
    except ValueError:
        return ""
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


def sent_to_sign_in(page: str, incoming: Incoming, jar: Jar) -> Page | Redirect:
    """To the sign-in page, and from there back to what was asked for.

    Whoever comes from another site (their mail) brings only some of the cookies: our own page leads to the same
    address once more, and then they bring all.
    """
    reading = incoming.method in ("GET", "HEAD")
    if reading and incoming.headers.get("sec-fetch-site") == "cross-site":
        return Page(template="portal/once_more.html", shows={"to": safe_path(incoming.target)})
    wanted = incoming.target if reading else _page_of(incoming.headers.get("referer", ""))
    back = safe_path(wanted)
    ended = jar.cleared() if jar.refresh in incoming.cookies else {}
    return Redirect(to=page if back == HOME else f"{page}?next={quote(back, safe='/')}", cookies=ended)
