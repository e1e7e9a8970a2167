"""The query parameters that lists share."""

from __future__ import annotations

from attrs import frozen


@frozen(kw_only=True)
class Paged:
    """`cursor` is the `next` of the page before; `limit` is 1 to 200."""

    cursor: str | None = None
    limit: int = 50


@frozen(kw_only=True)
class Limited:
    """`limit` is 1 to 200."""

    limit: int = 50
