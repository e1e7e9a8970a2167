"""The folder in which a demo clinic is made: locked by who makes it, so that what a killed start left is known."""

from __future__ import annotations

import fcntl
import os
import re
import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

LOCK = "being-made"
"""Locked for as long as its process lives; the system lets go of it whatever ends the process."""
_MADE = re.compile(r"making-[0-9a-f]{8}")
_OLD = re.compile(r"old-[0-9a-f]{8}")
UNLOCKED_SECONDS = 3600.0
"""A folder without a lock is just being begun or finished, unless it is older."""


@contextmanager
def making_place(beside: Path) -> Iterator[Path]:
    """A folder beside that one to make the clinic in; gone afterwards, unless it was renamed."""
    place = beside.with_name(f"making-{secrets.token_hex(4)}")
    place.mkdir(parents=True)
    try:
        with (place / LOCK).open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield place
    finally:
        shutil.rmtree(place, ignore_errors=True)


def finish(place: Path) -> None:
    """Take the mark away: what is in the folder is whole."""
    os.unlink(place / LOCK)


def sweep(folder: Path) -> tuple[str, ...]:
    """Remove what killed starts left in the folder, and nothing else; answers the names. What another process is
    making stays."""
    if not folder.is_dir():
        return ()
    gone = []
    for path in sorted(folder.iterdir()):
        if path.is_dir() and not path.is_symlink() and (_OLD.fullmatch(path.name) or _is_left(path)):
            shutil.rmtree(path, ignore_errors=True)
            gone.append(path.name)
    return tuple(gone)


def _is_left(path: Path) -> bool:
    if not _MADE.fullmatch(path.name):
        return False
    try:
        with (path / LOCK).open("r+") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except FileNotFoundError:
        return _age(path) > UNLOCKED_SECONDS
    except OSError:
        return False
    return True


def _age(path: Path) -> float:
    try:
        return time.time() - path.stat().st_mtime
    except FileNotFoundError:
        return 0.0
