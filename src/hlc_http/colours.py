"""The accent of an organization as a style sheet whose texts stay readable, whatever colour it chose."""

from __future__ import annotations

import re
from functools import lru_cache

from hlc_http.refusals import RouteUnknown

_HEX = re.compile(r"[0-9a-f]{6}")
READABLE = 4.6
"""Contrast that small text needs (WCAG AA asks 4.5), with a little to spare."""

Colour = tuple[int, int, int]
WHITE: Colour = (255, 255, 255)
LIGHT: Colour = (246, 247, 248)
DARK: Colour = (25, 29, 34)
BLACK: Colour = (12, 16, 20)


def accent_name(colour: str, default: str = "0f766e") -> str:
    """The six digits of `#0f766e`, for the address of the style sheet; the default where it is no colour."""
    digits = colour.strip().lstrip("#").lower()
    return digits if _HEX.fullmatch(digits) else default


@lru_cache(maxsize=256)
def theme(digits: str) -> bytes:
    """The style sheet of an accent. Refuses: RouteUnknown (no colour)."""
    if not _HEX.fullmatch(digits):
        raise RouteUnknown("Nothing is served at that path.")
    accent: Colour = (int(digits[:2], 16), int(digits[2:4], 16), int(digits[4:], 16))
    ink = WHITE if contrast(accent, WHITE) >= contrast(accent, BLACK) else BLACK
    light_back, dark_back = _mixed(accent, WHITE, 0.1), _mixed(accent, DARK, 0.2)
    return (
        f":root{{--accent:{_written(accent)};--accent-ink:{_written(ink)};"
        f"--accent-text:{_written(_readable(accent, light_back, BLACK))};--accent-back:{_written(light_back)}}}\n"
        f"@media (prefers-color-scheme: dark){{:root{{"
        f"--accent-text:{_written(_readable(accent, dark_back, WHITE))};--accent-back:{_written(dark_back)}}}}}\n"
    ).encode()


def contrast(one: Colour, other: Colour) -> float:
    """The contrast ratio of two colours. Source: WCAG 2, relative luminance."""
    brighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (brighter + 0.05) / (darker + 0.05)


def _luminance(colour: Colour) -> float:
    red, green, blue = (
        part / 255 / 12.92 if part / 255 <= 0.04045 else ((part / 255 + 0.055) / 1.055) ** 2.4 for part in colour
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _mixed(one: Colour, other: Colour, share: float) -> Colour:
    red, green, blue = (round(a * share + b * (1 - share)) for a, b in zip(one, other, strict=True))
    return red, green, blue


def _readable(accent: Colour, back: Colour, towards: Colour) -> Colour:
    for step in range(21):
        made = _mixed(towards, accent, step / 20)
        if contrast(made, back) >= READABLE:
            return made
    return towards


def _written(colour: Colour) -> str:
    return "#" + "".join(f"{part:02x}" for part in colour)
