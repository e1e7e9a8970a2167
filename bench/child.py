"""Processes of their own: asked with JSON, answering with JSON."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from typing import Any


def ask(module: str, **arguments: Any) -> dict[str, Any]:
    """What the module's `answer` gives. Refuses: CalledProcessError (it failed; its words are on stderr)."""
    done = subprocess.run(
        [sys.executable, "-m", module, json.dumps(arguments)], check=True, stdout=subprocess.PIPE, text=True
    )
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def answer(main: Callable[..., dict[str, Any]]) -> None:
    """Call it with the arguments of the command line, and print what it answers."""
    print(json.dumps(main(**json.loads(sys.argv[1]))))
