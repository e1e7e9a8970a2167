"""The pictures that ship with the sample catalog."""

from __future__ import annotations

import re
from functools import lru_cache
from importlib.resources import files

from hlc_http.refusals import RouteUnknown

_NAME = re.compile(r"[a-z0-9-]{1,60}\.svg")


@lru_cache(maxsize=64)
def picture(name: str) -> bytes:
    """The file of that name. Refuses: RouteUnknown."""
    entry = files("hlc_adapters") / "samples" / "images" / name
    if not _NAME.fullmatch(name) or not entry.is_file():
        raise RouteUnknown("Nothing is served at that path.")
    return entry.read_bytes()
