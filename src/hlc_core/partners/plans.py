"""How long a plan runs. Pure. Source: spec/care, External intake; spec/README, Decided (refills of a plan)."""

from __future__ import annotations

import re

_YEAR = re.compile(
    r"\b(12|twelve)[\s_-]*(mo|mos|month|months)\b|\bannual(ly)?\b|\byearly\b|\b(1|one)[\s_-]*year\b", re.IGNORECASE
)
_HALF = re.compile(r"\b(6|six)[\s_-]*(mo|mos|month|months)\b|\bsemi-?annual(ly)?\b|\bhalf[\s-]*year", re.IGNORECASE)
_SEMI = re.compile(r"\bsemi-?annual(ly)?\b", re.IGNORECASE)


def term_of(*texts: str) -> int:
    """How many months the plan runs, where it says six or twelve; else 0. The longer one counts."""
    told = " | ".join(texts)
    if _YEAR.search(_SEMI.sub(" ", told)):
        return 12
    return 6 if _HALF.search(told) else 0
