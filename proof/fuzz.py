"""HTTP fuzz: cases drawn from the served OpenAPI, valid and invalid, over a real socket.

No answer may be a 500, and no request that the document calls invalid may be accepted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import requests
import schemathesis
from attrs import field, frozen
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.core.parameters import ParameterLocation
from schemathesis.core.result import Ok
from schemathesis.schemas import APIOperation

Drawn = schemathesis.Case[Any]

SECONDS = 10.0
_AWAY = 503
"""What is not served in this installation, such as a gateway that is not configured."""


@frozen(kw_only=True)
class Fuzzed:
    """What came of it: cases by mode, answers by status, and what should not have been."""

    cases: int
    invalid: int
    statuses: Counter[int] = field(factory=Counter)
    faults: tuple[str, ...] = ()


def fuzz(url: str, key: str, count: int, chance: int = 1, step: int = 1) -> Fuzzed:
    """About so many cases against the service at that address, half of them invalid.

    Over all its operations, or with a `step` every so-many-th: learning one of them costs more than a case.
    """
    served = requests.get(f"{url}/openapi.json", timeout=SECONDS).json()
    schema = schemathesis.openapi.from_dict(_without_security(served))
    operations = [found.ok() for found in schema.get_all_operations() if isinstance(found, Ok)][chance % step :: step]
    each = max(1, count // (2 * len(operations)))
    cases = dict.fromkeys(GenerationMode, 0)
    statuses: Counter[int] = Counter()
    faults: list[str] = []
    headers = {"Authorization": f"Bearer {key}"}
    with requests.Session() as session:
        for operation in operations:
            for mode, status, told in _asked(operation, url, headers, session, each, chance):
                cases[mode] += 1
                statuses[status] += 1
                if told:
                    faults.append(f"{operation.label}: {told}")
    return Fuzzed(
        cases=sum(cases.values()), invalid=cases[GenerationMode.NEGATIVE], statuses=statuses, faults=tuple(faults)
    )


def _asked(
    operation: APIOperation[Any, Any, Any, Any],
    url: str,
    headers: dict[str, str],
    session: requests.Session,
    each: int,
    chance: int,
) -> Iterator[tuple[GenerationMode, int, str]]:
    """Mode, status and fault (or nothing) of each case."""
    for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
        try:
            strategy = operation.as_strategy(generation_mode=mode)
        except Exception:  # nothing invalid can be said about an operation that takes nothing
            continue
        drawn: list[Drawn] = []

        @seed(chance)
        @settings(
            max_examples=each,
            database=None,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=strategy)
        def draw(case: Drawn) -> None:
            drawn.append(case)  # noqa: B023  # drawn and used within one turn

        with suppress(Unsatisfiable):  # nothing invalid can be drawn of some
            draw()
        for case in drawn:
            answer = case.call(base_url=url, headers=headers, session=session, timeout=SECONDS, allow_redirects=False)
            yield mode, answer.status_code, _fault(case, mode, answer)


def _fault(case: Drawn, mode: GenerationMode, answer: Any) -> str:
    status = answer.status_code
    if status >= 500 and status != _AWAY:
        return f"{status} to {case.as_curl_command()}"
    accepted = status < 400 and not _sends_away(answer)
    if mode is GenerationMode.NEGATIVE and accepted and _says_something_invalid(case, answer.request.url):
        return f"accepted ({status}): {case.as_curl_command()}"
    return ""


def _sends_away(answer: Any) -> bool:
    """To sign in first is no acceptance: nothing was read."""
    where = str(answer.headers.get("location", [""])[0])
    return bool(answer.status_code == 303) and where.startswith("/patient/login")


def _says_something_invalid(case: Drawn, url: str) -> bool:
    """Whether the query or the body breaks the document; headers beyond the document are nobody's business, and any
    text may stand for an id in a path."""
    parts = case.meta.components if case.meta is not None else {}
    broken = {where for where, part in parts.items() if part.mode is GenerationMode.NEGATIVE}
    return (ParameterLocation.QUERY in broken and _strict(case, url)) or ParameterLocation.BODY in broken


def _strict(case: Drawn, url: str) -> bool:
    """Whether the query, as it was sent (of an empty list nothing is), has a name that the document does not have, or
    a value that no text may stand for."""
    parameters = case.operation.definition.raw.get("parameters", ())
    named = case.operation.schema.raw_schema.get("components", {}).get("schemas", {})
    documented = {one["name"]: _schemas(one.get("schema", {}), named) for one in parameters}
    sent = parse_qsl(urlsplit(url).query, keep_blank_values=True)
    return any(not any(_sayable(text, one) for one in documented.get(name, ())) for name, text in sent)


def _sayable(text: str, schema: dict[str, Any]) -> bool:
    """Whether the text stands for a value of the schema, whatever it was drawn as: any text is a text, `true` is a
    truth value, and the word of a list is that word."""
    if "enum" in schema:
        return text in schema["enum"]
    if schema.get("type") == "boolean":
        return text in {"true", "false"}
    if schema.get("type") == "array":
        return all(_sayable(part, schema["items"]) for part in text.split(",") if part)
    if schema.get("type") == "integer":
        return text.removeprefix("-").isdecimal() and schema.get("minimum", 0) <= int(text) <= schema.get("maximum", 0)
    return {name: value for name, value in schema.items() if name != "default"} == {"type": "string"}


def _schemas(schema: dict[str, Any], named: dict[str, Any]) -> list[dict[str, Any]]:
    found = [_named(one, named) for one in schema.get("anyOf", [schema])]
    return [{**one, "items": _named(one["items"], named)} if "items" in one else one for one in found]


def _named(schema: dict[str, Any], named: dict[str, Any]) -> dict[str, Any]:
    return named.get(str(schema["$ref"]).rpartition("/")[2], {}) if "$ref" in schema else schema


def _without_security(document: dict[str, Any]) -> dict[str, Any]:
    """The document without its security: the key is ours to send, once."""
    document.get("components", {}).pop("securitySchemes", None)
    document.pop("security", None)
    for operations in document["paths"].values():
        for operation in operations.values():
            operation.pop("security", None)
    return document
