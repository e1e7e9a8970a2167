"""Headers that protect pages and answers, and the origins that may call the public API."""

from __future__ import annotations

from urllib.parse import urlsplit

from hlc_core.organizations.api import Organization

PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' https: data:; connect-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
_STRIPE_FRAMES = "https://js.stripe.com https://hooks.stripe.com"
API_POLICY = "default-src 'none'; frame-ancestors 'none'"
EVERYWHERE = {
    "Server": "hlc",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}
CORS_METHODS = "GET, POST, PATCH, DELETE"
CORS_HEADERS = "Content-Type, Idempotency-Key, X-HLC-Organization"
CORS_EXPOSED = "Retry-After, X-Request-Id"


def card_policy(script: str) -> dict[str, str]:
    """The policy of the page on which the gateway's card fields stand: as elsewhere, and its addresses."""
    parts = urlsplit(script)
    origin = f"{parts.scheme}://{parts.netloc}"
    policy = PAGE_POLICY.replace("script-src 'self'", f"script-src 'self' {origin}")
    policy = policy.replace("connect-src 'self'", f"connect-src 'self' {origin} https://api.stripe.com")
    return {"Content-Security-Policy": f"{policy}; frame-src {origin} {_STRIPE_FRAMES}"}


def cors(organization: Organization, origin: str) -> dict[str, str]:
    """What tells a browser that a page of that origin may read the answer; nothing, if it may not.

    Never with credentials. Source: spec/README, Decided (embed origins not configured: any origin).
    """
    allowed = organization.domains.embed_origins
    beside = {
        "Access-Control-Allow-Methods": CORS_METHODS,
        "Access-Control-Allow-Headers": CORS_HEADERS,
        "Access-Control-Expose-Headers": CORS_EXPOSED,
        "Access-Control-Max-Age": "600",
    }
    if not allowed:
        return {"Access-Control-Allow-Origin": "*", **beside}
    if origin in allowed:
        return {"Access-Control-Allow-Origin": origin, "Vary": "Origin", **beside}
    return {"Vary": "Origin"}
