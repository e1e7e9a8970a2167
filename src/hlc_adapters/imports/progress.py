"""How far imports have come: one small file each, written after every batch, gone when the import is done."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from pathlib import Path

from attrs import frozen

from hlc_adapters import wire
from hlc_core.kernel.errors import Fault, Unavailable


@frozen(kw_only=True)
class Progress:
    """`done` rows of the file are taken. `run` names this import, so that each of its batches is taken once."""

    run: str
    done: int = 0
    counts: tuple[tuple[str, int], ...] = ()
    problems: tuple[tuple[int, str, str, str], ...] = ()


@frozen
class Progresses:
    """The files, in a folder of their own."""

    folder: Path

    def find(self, name: str) -> Progress | None:
        """The progress of an interrupted import; one that cannot be read counts as none (importing is idempotent)."""
        try:
            return wire.decode(Progress, self._path(name).read_bytes())
        except (OSError, ValueError):
            return None

    def keep(self, name: str, progress: Progress) -> None:
        """Write it, whole or not at all. Refuses: Unavailable."""
        path = self._path(name)
        fresh = path.with_suffix(f".{os.getpid()}")
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            fresh.touch(mode=0o600)
            fresh.write_text(wire.encode(progress), encoding="utf-8")
            fresh.replace(path)
        except OSError:
            raise Unavailable(
                "The progress of the import cannot be kept.", Fault("XDG_STATE_HOME", f"make {self.folder} writable")
            ) from None

    def forget(self, name: str) -> None:
        """The import is done."""
        self._path(name).unlink(missing_ok=True)

    def _path(self, name: str) -> Path:
        return self.folder / f"{hashlib.blake2b(name.encode(), digest_size=16).hexdigest()}.json"


def state_folder(environment: Mapping[str, str]) -> Path:
    """Where progress is kept: `$XDG_STATE_HOME/hlc/imports`, else in the home folder."""
    home = environment.get("XDG_STATE_HOME")
    return (Path(home) if home else Path.home() / ".local" / "state") / "hlc" / "imports"
