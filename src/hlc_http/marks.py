"""What is noted on a request of aiohttp while it is worked on."""

from __future__ import annotations

from aiohttp import web

from hlc_http.table import Cookie, Face

CORRELATION = web.RequestKey("correlation", str)
OPERATION = web.RequestKey("operation", str)
FACE = web.RequestKey("face", Face)
RENEWED: web.RequestKey[dict[str, Cookie]] = web.RequestKey("renewed", dict)
"""Cookies that go out whatever comes of the request: the browser's old ones count no more."""
