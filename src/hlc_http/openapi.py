"""OpenAPI 3.1 from the route table: what is not declared is not served, and what is served is in here."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

import attrs

from hlc_adapters.wire.edge import camel
from hlc_core import __version__
from hlc_http.refusals import TITLES
from hlc_http.schemas import Schema, Schemas
from hlc_http.table import Face, Nothing, Route, Takes, Who

PROBLEM: Schema = {
    "type": "object",
    "description": "A refusal. `code` is stable; `detail` is a sentence; `fields` names what is at fault.",
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string"},
        "detail": {"type": "string"},
        "fields": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"field": {"type": "string"}, "message": {"type": "string"}},
                "required": ["field", "message"],
            },
        },
    },
    "required": ["type", "title", "status", "code", "detail", "fields"],
}
ABOUT = (
    "The commerce-and-care engine of a multi-clinic telehealth business. Money is `{amount, currency}` in minor units, "
    "instants are RFC 3339 in UTC, refusals are `application/problem+json`. Everything that has a lifecycle says in "
    "`actions` what may be done with it now. Writing requests honour `Idempotency-Key`: the same key with the same "
    "body gets the stored answer, with another body 422, while the first still runs 409 with `Retry-After`."
)
KEY_SAMPLE = "hlc_staff_…"
_PART = re.compile(r"\{(\w+)(?::[^}]*)?\}")


def document(routes: Iterable[Route], permissions: Mapping[type, str | None], base_url: str) -> dict[str, Any]:
    """The whole document. `permissions` says which key each command or query needs."""
    schemas = Schemas()
    schemas.named["Problem"] = PROBLEM
    paths: dict[str, dict[str, Any]] = {}
    tags: dict[str, None] = {}
    for route in routes:
        tags[route.tag] = None
        operation = _operation(route, schemas, permissions)
        paths.setdefault(template(route.path), {})[route.method.lower()] = operation
    return {
        "openapi": "3.1.0",
        "info": {"title": "HLC", "version": __version__, "description": ABOUT},
        "servers": [{"url": base_url}],
        "tags": [{"name": tag} for tag in tags],
        "paths": paths,
        "components": {
            "schemas": schemas.named,
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer", "description": f"An API key, such as `{KEY_SAMPLE}`."},
                "apiKey": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
            },
        },
    }


def template(path: str) -> str:
    """The path with its variable parts as OpenAPI writes them."""
    return _PART.sub(lambda part: "{" + camel(part[1]) + "}", path)


def _operation(route: Route, schemas: Schemas, permissions: Mapping[type, str | None]) -> dict[str, Any]:
    made: dict[str, Any] = {
        "operationId": camel(route.name),
        "tags": [route.tag],
        "summary": route.summary,
        "description": _description(route, permissions),
        "parameters": _parameters(route, schemas),
        "responses": _responses(route, schemas),
    }
    if route.takes is not Takes.NOTHING:
        made["requestBody"] = _body(route, schemas)
    if route.who is not Who.ANYONE:
        made["security"] = [{"bearer": []}, {"apiKey": []}]
    return made


def _description(route: Route, permissions: Mapping[type, str | None]) -> str:
    words = [" ".join((route.endpoint.__doc__ or "").split())]
    words.append(f"For: {route.who}.")
    permission = permissions.get(route.uses) if route.uses else None
    if permission:
        words.append(f"Permission: `{permission}`.")
    return " ".join(word for word in words if word)


def _parameters(route: Route, schemas: Schemas) -> list[Schema]:
    made: list[Schema] = [
        {"name": camel(part), "in": "path", "required": True, "schema": {"type": "string"}}
        for part in _PART.findall(route.path)
    ]
    if route.query is not Nothing:
        attrs.resolve_types(route.query)
        for item in attrs.fields(route.query):
            made.append(
                {
                    "name": camel(item.name),
                    "in": "query",
                    "required": item.default is attrs.NOTHING,
                    "schema": schemas.of(item.type, strict=True),
                }
            )
    if route.idempotent:
        made.append(
            {
                "name": "Idempotency-Key",
                "in": "header",
                "required": False,
                "schema": {"type": "string", "minLength": 1, "maxLength": 200},
            }
        )
    if route.who is Who.ANYONE and route.face in (Face.PUBLIC_API, Face.PAGE):
        made.append({"name": "X-HLC-Organization", "in": "header", "required": False, "schema": {"type": "string"}})
    return made


def _body(route: Route, schemas: Schemas) -> Schema:
    if route.takes is Takes.JSON:
        schema = schemas.of(route.body, strict=True)
        return {"required": True, "content": {"application/json": {"schema": schema}}}
    if route.takes is Takes.FORM:
        schema = {"type": "object", "additionalProperties": {"type": "string"}}
        return {"required": True, "content": {"application/x-www-form-urlencoded": {"schema": schema}}}
    return {"required": True, "content": {"*/*": {}}}


def _responses(route: Route, schemas: Schemas) -> dict[str, Any]:
    refused = {400, 422, 503}
    if route.who is not Who.ANYONE:
        refused |= {401, 403}
    if "{" in route.path:
        refused.add(404)
    if route.method != "GET":
        refused |= {409, 413}
    if route.takes is not Takes.NOTHING:
        refused |= {408, 415}
    if route.face is Face.PAGE:
        answer: Schema = {"description": "A page.", "content": {"text/html": {}}}
        problem: Schema = {"text/html": {}}
    else:
        answer = {"description": "Done."}
        problem = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
        if isinstance(route.answers, str):
            answer["content"] = {route.answers: {}}
        elif route.answers is not None:
            answer["content"] = {"application/json": {"schema": schemas.of(route.answers)}}
    made: dict[str, Any] = {str(route.status): answer}
    if route.face is Face.PAGE and route.method == "POST":
        made["303"] = {"description": "See the page named by Location."}
    if route.waits and route.idempotent and route.answers is not None:
        made["202"] = {**answer, "description": "Under way: look again."}
        refused.add(402)
    for number in sorted(refused):
        made[str(number)] = {"description": TITLES[number], "content": problem}
    return made
