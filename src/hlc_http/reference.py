"""The API's description for people: sections made from the OpenAPI document, for /docs and the written reference."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from attrs import frozen

from hlc_http.schemas import Schemas

Document = Mapping[str, Any]


@frozen(kw_only=True)
class Parameter:
    """One parameter or field, in words."""

    name: str
    place: str
    kind: str
    required: bool


@frozen(kw_only=True)
class Operation:
    """One method on one path, in words."""

    id: str
    method: str
    path: str
    summary: str
    description: str
    locked: bool
    parameters: tuple[Parameter, ...]
    body: tuple[Parameter, ...]
    body_type: str
    body_example: str
    answer_status: str
    answer_example: str
    refusals: tuple[tuple[str, str], ...]

    @property
    def tries(self) -> bool:
        """Whether the page offers to try it."""
        return self.body_type in ("", "application/json")


def sections(document: Document) -> tuple[tuple[str, tuple[Operation, ...]], ...]:
    """The operations by tag, in the order of the document."""
    by_tag: dict[str, list[Operation]] = {tag["name"]: [] for tag in document["tags"]}
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            by_tag[operation["tags"][0]].append(_operation(document, path, method, operation))
    return tuple((tag, tuple(operations)) for tag, operations in by_tag.items())


def markdown(document: Document) -> str:
    """The reference as Markdown, for docs/reference/http.md."""
    lines = [
        "# HTTP reference",
        "",
        "Generated from the route table; do not edit.",
        "",
        document["info"]["description"],
    ]
    for tag, operations in sections(document):
        lines += ["", f"## {tag[:1].upper()}{tag[1:]}"]
        for operation in operations:
            lines += [
                "",
                f"### `{operation.method} {operation.path}`",
                "",
                f"{operation.summary}. {operation.description}",
            ]
            asked = (*operation.parameters, *operation.body)
            if asked:
                lines += ["", "| field | in | type | required |", "| --- | --- | --- | --- |"]
                lines += [
                    f"| `{each.name}` | {each.place} | {each.kind} | {'yes' if each.required else 'no'} |"
                    for each in asked
                ]
            if operation.answer_example:
                lines += ["", f"Answers {operation.answer_status}:", "", "```json", operation.answer_example, "```"]
    return "\n".join(lines) + "\n"


def _operation(document: Document, path: str, method: str, operation: Mapping[str, Any]) -> Operation:
    schemas = Schemas()
    schemas.named = document["components"]["schemas"]
    bodies: Mapping[str, Any] = operation.get("requestBody", {}).get("content", {})
    body_type = next(iter(bodies), "")
    body: Mapping[str, Any] = bodies.get(body_type, {})
    status = next(iter(operation["responses"]))
    answer = operation["responses"][status].get("content", {}).get("application/json", {}).get("schema")
    schema = body.get("schema", {})
    return Operation(
        id=operation["operationId"],
        method=method.upper(),
        path=path,
        summary=operation["summary"],
        description=operation["description"],
        locked="security" in operation,
        parameters=tuple(
            Parameter(name=each["name"], place=each["in"], kind=_kind(each["schema"]), required=each["required"])
            for each in operation["parameters"]
        ),
        body=_fields(schemas, schema),
        body_type=body_type,
        body_example=_written(schemas.example(schema)) if body_type == "application/json" else "",
        answer_status=status,
        answer_example=_written(schemas.example(answer)) if answer else "",
        refusals=tuple((code, told["description"]) for code, told in operation["responses"].items() if code >= "400"),
    )


def _fields(schemas: Schemas, schema: Mapping[str, Any]) -> tuple[Parameter, ...]:
    whole = schemas.named.get(schema["$ref"].rpartition("/")[2], {}) if "$ref" in schema else schema
    needed = whole.get("required", ())
    return tuple(
        Parameter(name=name, place="body", kind=_kind(part), required=name in needed)
        for name, part in whole.get("properties", {}).items()
    )


def _kind(schema: Mapping[str, Any]) -> str:
    if "$ref" in schema:
        return str(schema["$ref"].rpartition("/")[2])
    if "anyOf" in schema:
        return " or ".join(_kind(each) for each in schema["anyOf"])
    if schema.get("type") == "array":
        return f"list of {_kind(schema['items'])}"
    return str(schema.get("format") or schema.get("type", "anything"))


def _written(example: object) -> str:
    return json.dumps(example, indent=2, default=str)
