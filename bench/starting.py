"""How long it takes to begin: importing the core, building an installation, serving."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from statistics import median
from time import perf_counter

from bench.clinic import found
from bench.places import Place
from bench.report import Figure
from bench.service import running

GROUP = "Starting"
_IMPORTS = {
    "python alone": "",
    "import hlc_core": "import hlc_core",
    "import hlc_core.registry (every context)": "import hlc_core.registry",
    "import the composition root": "import hlc_adapters.composition",
    "import the HTTP service": "import hlc_http.app",
    "hlc --help": "import sys; sys.argv = ['hlc', '--help']; from hlc_cli.main import main; main()",
}


def measure_imports(runs: int) -> Iterator[Figure]:
    """Seconds of a fresh process, the median of some."""
    for name, code in _IMPORTS.items():
        seconds = median(_timed(code) for _ in range(runs))
        yield Figure(group=GROUP, place="", name=name, value=seconds * 1000, unit="ms")


def _timed(code: str) -> float:
    begun = perf_counter()
    subprocess.run([sys.executable, "-c", code], check=True, stdout=subprocess.DEVNULL)
    return perf_counter() - begun


def measure(place: Place, runs: int) -> Iterator[Figure]:
    """From the start of the process to the first answer, on a database that is migrated."""
    url = place.copy(place.prepared(found))
    seconds = []
    for _ in range(runs):
        with running(url) as service:
            seconds.append(service.ready_after)
    place.drop(url)
    yield Figure(group=GROUP, place=place.name, name="service answers after", value=median(seconds) * 1000, unit="ms")
