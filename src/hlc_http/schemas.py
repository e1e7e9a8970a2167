"""JSON Schema of the core's classes, in camelCase, as OpenAPI 3.1 wants it; and an example of each."""

from __future__ import annotations

import types
from datetime import date, datetime
from enum import StrEnum
from typing import Any, NewType, TypeVar, Union, get_args, get_origin

import attrs

from hlc_adapters.wire.edge import LARGEST, camel

Schema = dict[str, Any]
EXAMPLES = {"date": "2026-03-31", "date-time": "2026-03-31T12:00:00Z"}


class Schemas:
    """Collects the named schemas that the document refers to."""

    def __init__(self) -> None:
        self.named: dict[str, Schema] = {}
        self._kinds: dict[str, Any] = {}
        self._first: dict[Any, bool] = {}
        """Whether a class was first met as something that comes in; the other way round it has another schema."""

    def of(self, kind: Any, strict: bool = False) -> Schema:
        """The schema of a type; classes and enums become references. `strict` refuses other fields (bodies)."""
        while isinstance(kind, NewType):
            kind = kind.__supertype__
        origin = get_origin(kind)
        if origin in (Union, types.UnionType):
            return self._union(kind, strict)
        if origin is tuple or origin is list:
            return {"type": "array", "items": self.of(get_args(kind)[0], strict)}
        if origin is dict:
            return {"type": "object", "additionalProperties": self.of(get_args(kind)[1], strict)}
        if kind in _PLAIN:
            return dict(_PLAIN[kind])
        if isinstance(kind, type) and issubclass(kind, StrEnum):
            name = self._named(kind.__name__, kind, kind)
            self.named.setdefault(name, {"type": "string", "enum": list(kind), "description": _words(kind)})
            return {"$ref": f"#/components/schemas/{name}"}
        if attrs.has(origin or kind):
            return self._object(kind, strict)
        return {}

    def example(self, schema: Schema, depth: int = 0) -> Any:
        """A value that fits the schema, for people to start from."""
        if "$ref" in schema:
            return self.example(self.named[schema["$ref"].rpartition("/")[2]], depth + 1)
        if "default" in schema:
            return schema["default"]
        if "anyOf" in schema:
            return self.example(schema["anyOf"][0], depth + 1)
        if "enum" in schema:
            return schema["enum"][0]
        if schema.get("type") == "object":
            return {name: self.example(part, depth + 1) for name, part in schema.get("properties", {}).items()}
        if schema.get("type") == "array":
            return [] if depth > 6 else [self.example(schema["items"], depth + 1)]
        plain = {"integer": 1, "boolean": True, "string": EXAMPLES.get(schema.get("format", ""), "text")}
        return plain.get(schema.get("type", ""))

    def _union(self, kind: Any, strict: bool) -> Schema:
        inner = [each for each in get_args(kind) if each is not types.NoneType]
        made = [self.of(each, strict) for each in inner]
        if len(inner) < len(get_args(kind)):
            made.append({"type": "null"})
        return made[0] if len(made) == 1 else {"anyOf": made}

    def _object(self, kind: Any, strict: bool) -> Schema:
        whole: type = get_origin(kind) or kind
        inner = dict(zip(getattr(whole, "__parameters__", ()), get_args(kind), strict=False))
        name = whole.__name__ + "".join(f"Of{_name(each)}" for each in inner.values())
        if self._first.setdefault(kind, strict) is not strict:
            name += "Input" if strict else "Output"
        name = self._named(name, (kind, strict), whole)
        if name not in self.named:
            self.named[name] = {}
            attrs.resolve_types(whole)
            fields = [item for item in attrs.fields(whole) if item.init]
            made: Schema = {
                "type": "object",
                "description": _words(whole),
                "properties": {camel(item.name): self._property(item, inner, strict) for item in fields},
            }
            required = [camel(item.name) for item in fields if not strict or item.default is attrs.NOTHING]
            if required:
                made["required"] = required
            if strict:
                made["additionalProperties"] = False
            self.named[name] = made
        return {"$ref": f"#/components/schemas/{name}"}

    def _named(self, name: str, kind: Any, whole: type) -> str:
        """The name; of two classes that share one, the second has its context in front."""
        if self._kinds.setdefault(name, kind) == kind:
            return name
        parts = whole.__module__.split(".")
        context = parts[1] if parts[0] == "hlc_core" else parts[-1]
        return self._named(context.capitalize() + name, kind, whole)

    def _property(self, item: Any, inner: dict[TypeVar, Any], strict: bool) -> Schema:
        if "schema" in item.metadata:
            return dict(item.metadata["schema"])
        made = self.of(_filled(item.type, inner), strict)
        if strict and isinstance(item.default, str | int | bool) and "$ref" not in made:
            made["default"] = item.default
        return made


def _filled(kind: Any, inner: dict[TypeVar, Any]) -> Any:
    if isinstance(kind, TypeVar):
        return inner.get(kind, Any)
    if get_origin(kind) is tuple and isinstance(get_args(kind)[0], TypeVar):
        return types.GenericAlias(tuple, (inner.get(get_args(kind)[0], Any), ...))
    return kind


def _name(kind: Any) -> str:
    return str(getattr(kind, "__name__", "Value"))


def _words(kind: type) -> str:
    text = (kind.__doc__ or "").partition("\n\n")[0]
    return "" if text.startswith(("Method generated", f"{kind.__name__}(")) else " ".join(text.split())


_PLAIN: dict[Any, Schema] = {
    str: {"type": "string"},
    int: {"type": "integer", "minimum": -LARGEST, "maximum": LARGEST},
    bool: {"type": "boolean"},
    float: {"type": "number"},
    date: {"type": "string", "format": "date"},
    datetime: {"type": "string", "format": "date-time"},
}
