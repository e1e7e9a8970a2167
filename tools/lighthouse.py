"""`python -m tools.lighthouse`: what Lighthouse says of the pages of a demo clinic, each as a first visit on a phone.

Prints a table; ends with 1 where a score is below its least. Needs Chromium (or HLC_BROWSER) and npm.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

LEAST: Mapping[str, int] = {"accessibility": 100, "best-practices": 100, "performance": 90}
"""Scores of a hundred. Performance is that of a simulated slow phone, so a busy machine lowers it."""

_CALL = ("npm", "exec", "--yes", "--package=lighthouse@12", "--", "lighthouse")
_FLAGS = "--headless=new --no-sandbox --disable-dev-shm-usage"
_MEASURES = ("first-contentful-paint", "largest-contentful-paint", "cumulative-layout-shift", "total-byte-weight")


@contextmanager
def demo() -> Iterator[tuple[str, Mapping[str, str]]]:
    """A demo clinic of its own, served: where, and its links by name."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    base = f"http://127.0.0.1:{port}"
    with tempfile.TemporaryDirectory() as folder:
        call = (str(Path(sys.executable).with_name("hlc")), "demo", "--folder", folder, "--port", port)
        made = subprocess.run((*call, "--prepare-only", "--json"), check=True, capture_output=True, text=True)
        links = {one["name"]: one["link"] for one in json.loads(made.stdout)["links"]}
        with subprocess.Popen(call, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as served:
            try:
                _wait(f"{base}/readyz")
                yield base, links
            finally:
                served.terminate()


def pages(base: str, links: Mapping[str, str]) -> Mapping[str, str]:
    """The pages that strangers see first, by name."""
    product = links["buy a monthly plan"].rsplit("/", 1)[-1]
    wish = json.dumps({"productIds": [product]}).encode()
    asked = urllib.request.Request(f"{base}/api/public/cart/create", wish, {"Content-Type": "application/json"})
    with urllib.request.urlopen(asked) as answer:
        cart = json.load(answer)["cartId"]
    return {
        "what is sold": f"{base}/",
        "buy link": f"{base}/buy/{product}",
        "cart": f"{base}/cart/{cart}",
        "checkout": f"{base}/cart/{cart}/checkout",
        "sign-in": f"{base}/patient/login",
    }


def judged(url: str) -> Any:
    """Lighthouse's report of one page."""
    wanted = f"--only-categories={','.join(LEAST)}"
    call = (*_CALL, url, "--quiet", "--output=json", wanted, f"--chrome-flags={_FLAGS}")
    done = subprocess.run(call, check=True, capture_output=True, text=True, env=_places())
    return json.loads(done.stdout)


def _places() -> dict[str, str]:
    chromium = os.environ.get("HLC_BROWSER") or shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None or shutil.which("npm") is None:
        sys.exit("Chromium (or HLC_BROWSER) and npm are needed; on Debian: apt-get install -y chromium npm.")
    return {**os.environ, "CHROME_PATH": chromium}


def _wait(url: str) -> None:
    for _ in range(600):
        try:
            urllib.request.urlopen(url).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    sys.exit(f"Nothing answers at {url}.")


def main() -> int:
    """Judge every page. 1 where a score is too low, with what Lighthouse found."""
    _places()
    low = []
    with demo() as (base, links):
        for name, url in pages(base, links).items():
            told = judged(url)
            scores = {kind: round(100 * (told["categories"][kind]["score"] or 0)) for kind in LEAST}
            measured = (told["audits"][one].get("displayValue", "-") for one in _MEASURES)
            print(f"{name:<14}", *(f"{kind} {score:>3}" for kind, score in scores.items()), *measured, sep="  ")
            for kind in (kind for kind, score in scores.items() if score < LEAST[kind]):
                low += [f"{name}: {found}" for found in _found(told, kind)]
    for line in low:
        print(line)
    return 1 if low else 0


def _found(told: Any, kind: str) -> Iterator[str]:
    for part in told["categories"][kind]["auditRefs"]:
        audit = told["audits"][part["id"]]
        if part["weight"] and audit["score"] is not None and audit["score"] < 0.9:
            yield f"{kind}: {audit['title']}"


if __name__ == "__main__":
    sys.exit(main())
