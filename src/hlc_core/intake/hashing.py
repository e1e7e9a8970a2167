"""The hash that pins what a questionnaire asks."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import attrs

from hlc_core.intake.definition import Definition


def content_hash(definition: Definition) -> str:
    """The same for equal content, in every process and version of HLC: what is at its default does not count."""
    text = json.dumps(attrs.asdict(definition, filter=_said), sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.blake2b(text.encode(), digest_size=20).hexdigest()


def _said(field: attrs.Attribute[Any], value: Any) -> bool:
    return bool(value != field.default)
