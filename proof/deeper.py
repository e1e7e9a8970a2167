"""A plugin for pytest that keeps only the tests that Hypothesis drives, and has each look at more examples."""

from __future__ import annotations

import os
from typing import Any

import pytest
from hypothesis import settings

_SETTINGS = "_hypothesis_internal_use_settings"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deselect the others, and multiply the examples of each by HLC_PROOF_DEEPER."""
    deeper = int(os.environ.get("HLC_PROOF_DEEPER", "1"))
    kept: list[pytest.Item] = []
    left: list[pytest.Item] = []
    for item in items:
        (kept if _deepened(item, deeper) else left).append(item)
    config.hook.pytest_deselected(items=left)
    items[:] = kept


def _deepened(item: pytest.Item, deeper: int) -> bool:
    """Whether Hypothesis drives the test; its settings are then deeper, once for each of its owners."""
    function: Any = getattr(item, "obj", None)
    owner: Any = getattr(item, "cls", None)
    machine = getattr(owner, "settings", None)
    if isinstance(machine, settings):
        if not getattr(owner, "deepened", False):
            owner.settings, owner.deepened = _more(machine, deeper), True
        return True
    if not getattr(function, "is_hypothesis_test", False):
        return False
    plain = getattr(function, "__func__", function)
    if not getattr(plain, "deepened", False):
        stands: settings = getattr(plain, _SETTINGS, None) or settings.default or settings()
        setattr(plain, _SETTINGS, _more(stands, deeper))
        plain.deepened = True
    return True


def _more(stands: settings, deeper: int) -> settings:
    return settings(stands, max_examples=stands.max_examples * deeper, derandomize=False, database=None, deadline=None)
