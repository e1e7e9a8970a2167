"""The files that pages use, read once at start and served from memory."""

from __future__ import annotations

import gzip
import hashlib
from importlib.resources import files
from importlib.resources.abc import Traversable

from attrs import frozen

TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".webp": "image/webp",
    ".ico": "image/x-icon",
}


@frozen
class Static:
    """One file: its bytes, its type, the digest that stands in its address, and its bytes packed, if text."""

    body: bytes
    content_type: str
    digest: str
    packed: bytes


def statics() -> dict[str, Static]:
    """Every file below `static`, by its path there."""
    found: dict[str, Static] = {}
    _collect(files("hlc_http") / "static", "", found)
    return found


def _collect(folder: Traversable, path: str, found: dict[str, Static]) -> None:
    for entry in folder.iterdir():
        if entry.is_dir():
            _collect(entry, f"{path}{entry.name}/", found)
            continue
        kind = TYPES.get(entry.name[entry.name.rfind(".") :])
        if kind is not None:
            body = entry.read_bytes()
            packed = gzip.compress(body, mtime=0) if kind.startswith("text/") else b""
            found[path + entry.name] = Static(body, kind, hashlib.sha256(body).hexdigest()[:12], packed)
