"""Two ways to use a page: with the mouse, and with the keyboard alone. A journey is written once, for both."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from attrs import frozen
from playwright.sync_api import Page, expect

STOPS = 90
"""More stops than a page has."""

_HERE = """() => {
  const here = document.activeElement, look = getComputedStyle(here), box = here.getBoundingClientRect();
  const label = (here.labels && here.labels[0] && here.labels[0].textContent) || "";
  return {
    tag: here.tagName, type: here.type || "", name: here.name || "", checked: Boolean(here.checked),
    group: here.type === "radio"
      ? [...document.getElementsByName(here.name)].map((one) => one.labels[0].textContent.trim()) : [],
    label: label.trim(), says: (label || here.textContent || here.value || "").trim(),
    ring: look.outlineStyle !== "none" && parseFloat(look.outlineWidth) >= 2,
    inside: box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth && box.width > 0,
  };
}"""


class Hands(Protocol):
    """What people do to a page. Whatever is pressed, chosen or typed into is named by its words."""

    def press(self, page: Page, words: str) -> None:
        """A link or a button that leads to another page."""

    def write(self, page: Page, label: str, text: str) -> None:
        """Into the field of that label, instead of what stands there."""

    def choose(self, page: Page, words: str) -> None:
        """One of several dots."""

    def tick(self, page: Page, words: str) -> None:
        """A box, which is ticked afterwards."""


@frozen
class Mouse:
    """Points and clicks."""

    def press(self, page: Page, words: str) -> None:
        """The first link or button that begins with the words."""
        with page.expect_navigation():
            page.locator("a, button").filter(has_text=words).locator("visible=true").first.click()

    def write(self, page: Page, label: str, text: str) -> None:
        """Click into it, then type."""
        field = page.get_by_label(label).first
        field.click()
        field.fill(text)

    def choose(self, page: Page, words: str) -> None:
        """A click on its words."""
        page.locator("label").filter(has_text=words).first.click()

    def tick(self, page: Page, words: str) -> None:
        """A click on its words, if it is not ticked."""
        box = page.get_by_label(words).first
        if not box.is_checked():
            page.locator("label").filter(has_text=words).first.click()
        expect(box).to_be_checked()


@frozen
class Keys:
    """Tab, letters, arrows, Space and Enter; where one is can be seen at every stop."""

    def press(self, page: Page, words: str) -> None:
        """Enter on it."""
        self._to(page, lambda here: here["tag"] in ("A", "BUTTON") and words in here["says"], words)
        with page.expect_navigation():
            page.keyboard.press("Enter")

    def write(self, page: Page, label: str, text: str) -> None:
        """Type over what stands there."""
        here = self._to(page, lambda here: here["label"].startswith(label), label)
        if here["type"] == "date":
            year, month, day = text.split("-")
            page.keyboard.type(f"{month}{day}{year}")
            return
        page.keyboard.press("Control+A")
        page.keyboard.type(text)

    def choose(self, page: Page, words: str) -> None:
        """To its group, then along it with the arrows."""
        here = self._to(page, lambda here: any(words in label for label in here["group"]), words)
        for _ in here["group"]:
            if words in here["label"]:
                break
            page.keyboard.press("ArrowDown")
            here = self._here(page)
        if not here["checked"]:
            page.keyboard.press("Space")
        here = self._here(page)
        assert here["checked"], here
        assert words in here["label"], here

    def tick(self, page: Page, words: str) -> None:
        """Space, if it is not ticked."""
        here = self._to(page, lambda here: here["type"] == "checkbox" and words in here["label"], words)
        if not here["checked"]:
            page.keyboard.press("Space")
        assert self._here(page)["checked"]

    def _to(self, page: Page, wanted: Callable[[dict[str, Any]], bool], words: str) -> dict[str, Any]:
        for _ in range(STOPS):
            page.keyboard.press("Tab")
            here = self._here(page)
            if wanted(here):
                return here
        raise AssertionError(f"Tab does not come to {words!r}")

    def _here(self, page: Page) -> dict[str, Any]:
        """What has the focus; it stands in the window with a ring around it, unless the page has just begun."""
        here: dict[str, Any] = page.evaluate(_HERE)
        assert here["tag"] == "BODY" or (here["ring"] and here["inside"]), here
        return here
