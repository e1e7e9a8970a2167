"""The route table: each route declared once; the server, the documents and the tests read it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from enum import StrEnum
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import field, frozen

from hlc_core.kernel.commands import ActorKind

if TYPE_CHECKING:
    from hlc_http.call import Call

B = TypeVar("B")
Q = TypeVar("Q")


class Who(StrEnum):
    """Who may call a route at all; permissions beyond that are the application's."""

    ANYONE = "anyone"
    PERSON = "person"
    """Somebody who is signed in; no key opens it."""
    PATIENT = "patient"
    STAFF = "staff"
    SYSTEM = "system"

    def admits(self, kind: ActorKind) -> bool:
        """Whether an actor of the kind gets past the door."""
        return kind in _ADMITTED[self]


_ADMITTED = {
    Who.ANYONE: frozenset(ActorKind),
    Who.PERSON: frozenset({ActorKind.PATIENT, ActorKind.STAFF}),
    Who.PATIENT: frozenset({ActorKind.PATIENT, ActorKind.STAFF, ActorKind.SYSTEM}),
    Who.STAFF: frozenset({ActorKind.STAFF, ActorKind.SYSTEM}),
    Who.SYSTEM: frozenset({ActorKind.SYSTEM}),
}


class Face(StrEnum):
    """What sort of answer a route gives: it decides how refusals look and which headers go out."""

    API = "api"
    PUBLIC_API = "public_api"
    PAGE = "page"
    MACHINE = "machine"


class Takes(StrEnum):
    """What the body of a request is."""

    NOTHING = "nothing"
    JSON = "json"
    FORM = "form"
    BYTES = "bytes"


@frozen(kw_only=True)
class Nothing:
    """No body, or no query."""


@frozen(kw_only=True)
class Cookie:
    """A cookie that scripts cannot read, for this host and all its paths. `seconds` zero takes it away.

    `strict`: not sent when somebody follows a link from another site. `secure`: over https only.
    """

    value: str = field(repr=False)
    seconds: int
    strict: bool = False
    secure: bool = True


@frozen(kw_only=True)
class Reply:
    """An answer in JSON with a status or headers of its own; a bare value is `Reply(value)` with the route's status."""

    value: object
    status: int | None = None
    content_type: str = "application/json; charset=utf-8"
    headers: Mapping[str, str] = field(factory=dict)
    cookies: Mapping[str, Cookie] = field(factory=dict)


@frozen(kw_only=True)
class Page:
    """An answer as HTML: a template and what it shows."""

    template: str
    shows: Mapping[str, Any]
    status: int = 200
    headers: Mapping[str, str] = field(factory=dict)
    cookies: Mapping[str, Cookie] = field(factory=dict)


@frozen(kw_only=True)
class Redirect:
    """Go and see there (303: with GET)."""

    to: str
    cookies: Mapping[str, str | Cookie] = field(factory=dict)


@frozen(kw_only=True)
class Content:
    """An answer of any other type."""

    body: bytes
    content_type: str
    headers: Mapping[str, str] = field(factory=dict)


@frozen(kw_only=True)
class Route:
    """One method on one path. `uses` is the command or query that it runs: its permission is shown in the document."""

    method: str
    path: str
    endpoint: Callable[[Any], object]
    summary: str
    who: Who
    face: Face
    tag: str
    takes: Takes = Takes.NOTHING
    body: type = Nothing
    query: type = Nothing
    answers: object = None
    status: int = 200
    uses: type | None = None
    permission: str | None = None
    """A key asked for at the door, where no command or query asks for one."""
    idempotent: bool = False
    waits: bool = False
    """It may wait for a gateway, so it runs on the threads for that."""
    inline: bool = False
    """It touches nothing, so it needs no thread and answers even while all are taken."""
    large: bool = False
    own_secret: bool = False
    """Its sender is known by a secret that the endpoint checks, wherever it stands: no API key is looked for."""
    names: Mapping[str, str] = field(factory=dict, hash=False)
    """What fields of the command are called in the request, where neither name ends like the other."""
    sign_in: str = ""
    """A page for browsers whose sign-in is renewed on the way; where the others are sent, to come back after it."""

    @property
    def name(self) -> str:
        """The word of the operation in documents, metrics and logs."""
        return self.endpoint.__name__


class Routes:
    """Collects the routes of one context: `@routes.post(path, ...)` above a function from Call to answer."""

    def __init__(
        self, tag: str, *, who: Who, face: Face = Face.API, permission: str | None = None, sign_in: str = ""
    ) -> None:
        self._tag, self._who, self._face = tag, who, face
        self._permission, self._sign_in = permission, sign_in
        self._routes: list[Route] = []

    def __iter__(self) -> Iterator[Route]:
        return iter(self._routes)

    def get(
        self,
        path: str,
        summary: str,
        *,
        answers: object = None,
        query: type[Q] = Nothing,  # type: ignore[assignment]  # the default of a type parameter
        uses: type | None = None,
        permission: str | None = None,
        who: Who | None = None,
        face: Face | None = None,
        inline: bool = False,
        waits: bool = False,
    ) -> Callable[[Callable[[Call[Nothing, Q]], object]], Callable[[Call[Nothing, Q]], object]]:
        """Declare a reading route."""

        def declare(endpoint: Callable[[Call[Nothing, Q]], object]) -> Callable[[Call[Nothing, Q]], object]:
            self._routes.append(
                Route(
                    method="GET",
                    path=path,
                    endpoint=endpoint,
                    summary=summary,
                    who=who or self._who,
                    face=face or self._face,
                    tag=self._tag,
                    query=query,
                    answers=answers,
                    uses=uses,
                    permission=permission or self._permission,
                    inline=inline,
                    waits=waits,
                    sign_in=self._sign_in,
                )
            )
            return endpoint

        return declare

    def post(self, path: str, summary: str, **declared: Any) -> Callable[[Endpoint], Endpoint]:
        """Declare a writing route; `declared` are fields of Route."""
        return self._write("POST", path, summary, declared)

    def patch(self, path: str, summary: str, **declared: Any) -> Callable[[Endpoint], Endpoint]:
        """Declare a route that changes a part."""
        return self._write("PATCH", path, summary, declared)

    def put(self, path: str, summary: str, **declared: Any) -> Callable[[Endpoint], Endpoint]:
        """Declare a route that sets one thing; `declared` are fields of Route."""
        return self._write("PUT", path, summary, declared)

    def delete(self, path: str, summary: str, **declared: Any) -> Callable[[Endpoint], Endpoint]:
        """Declare a route that removes."""
        return self._write("DELETE", path, summary, declared)

    def _write(
        self, method: str, path: str, summary: str, declared: Mapping[str, Any]
    ) -> Callable[[Endpoint], Endpoint]:
        def declare(endpoint: Endpoint) -> Endpoint:
            ours = {"who": self._who, "face": self._face, "tag": self._tag}
            given: dict[str, Any] = {**ours, "permission": self._permission, "sign_in": self._sign_in, **declared}
            if "body" in given:
                given.setdefault("takes", Takes.JSON)
            self._routes.append(Route(method=method, path=path, endpoint=endpoint, summary=summary, **given))
            return endpoint

        return declare


Endpoint = TypeVar("Endpoint", bound=Callable[..., object])
