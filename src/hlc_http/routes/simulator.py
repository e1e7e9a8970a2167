"""The simulator's public face inside the service: test card numbers become tokens, and the bank's 3-D Secure page."""

from __future__ import annotations

from html import escape
from typing import Any
from urllib.parse import urlsplit

from attrs import frozen

from hlc_adapters.gateways.registry import GuardedGateway
from hlc_adapters.gateways.simulator import SimulatorGateway
from hlc_adapters.services import Services
from hlc_core.checkout.api import GetCheckout
from hlc_core.kernel.errors import Fault, Invalid, Missing
from hlc_core.kernel.ids import CheckoutId
from hlc_core.payments.api import Purpose, Result
from hlc_http.call import Call
from hlc_http.strict import MalformedBody
from hlc_http.table import Content, Face, Nothing, Redirect, Routes, Takes, Who


class NoTestCard(Invalid):
    """The number is none of the simulator's test cards."""


@frozen(kw_only=True)
class CardForm:
    """What the form of a gateway's own page knows of a card. Only test cards: no true card may be sent here."""

    number: str
    exp_month: int | None = None
    exp_year: int | None = None


@frozen(kw_only=True)
class Token:
    """The one-time token that stands for the card: `paymentToken` of the checkout."""

    token: str


def simulator_of(services: Services) -> SimulatorGateway | None:
    """The simulator, where it runs in this process."""
    found = services.gateways.by_name.get("simulator")
    inner = found.gateway if isinstance(found, GuardedGateway) else found
    return inner if isinstance(inner, SimulatorGateway) else None


def simulator_routes(simulator: SimulatorGateway) -> Routes:
    """Tokens and the bank's page."""
    routes = Routes("simulator", who=Who.ANYONE, face=Face.PUBLIC_API)

    @routes.post("/simulator/tokens", "A token for a test card", body=CardForm, answers=Token, status=201)
    def make_token(call: Call[CardForm, Nothing]) -> Token:
        """Stands for the card form of a gateway, which sends the number past us."""
        form, expires = call.body, None
        if form.exp_month is not None and form.exp_year is not None:
            if not (1 <= form.exp_month <= 12 and 2000 <= form.exp_year <= 9999):
                raise NoTestCard("That card has no such month.", Fault("expMonth", "1 to 12, with a year of 4 digits"))
            expires = (form.exp_month, form.exp_year)
        token = simulator.tokenize(form.number[:64], expires)
        if token is None:
            raise NoTestCard("That is none of the test cards.", Fault("number", "such as 4242 4242 4242 4242"))
        return Token(token=token)

    @routes.get("/simulator/actions/{object_id}", "The bank's page", answers="text/html", face=Face.PAGE)
    def bank_page(call: Call[Nothing, Nothing]) -> Content:
        """Where the buyer confirms a payment that asks for 3-D Secure."""
        if simulator.return_url(call.part("object_id")) is None:
            raise Missing(
                "There is nothing to confirm at this address.",
                Fault("objectId", "follow the link of the payment again"),
            )
        return _page("Simulated bank", "Is this payment yours?", _FORM)

    @routes.post("/simulator/actions/{object_id}", "The buyer's answer", takes=Takes.FORM, face=Face.PAGE, waits=True)
    def bank_answer(call: Call[dict[str, str], Nothing]) -> Redirect | Content:
        """Then the buyer goes back to the cart, whose payment was looked at meanwhile."""
        object_id, said = call.part("object_id"), call.body.get("answer")
        if said not in ("complete", "fail"):
            raise MalformedBody("Answer with complete or fail.", Fault("answer", "complete or fail"))
        answer = simulator.act(object_id, said == "complete")
        if answer.result is Result.NOT_FOUND:
            raise Missing(
                "There is nothing to confirm at this address.",
                Fault("objectId", "follow the link of the payment again"),
            )
        back = simulator.return_url(object_id) or _way_back(object_id, call)
        if urlsplit(back).scheme in ("http", "https") or back.startswith("/"):
            return Redirect(to=back)
        return _page("Thank you", "You can close this page.")

    return routes


def _way_back(object_id: str, call: Call[Any, Any]) -> str:
    if call.tenant is None:
        return ""
    attempt = call.services.wake("simulator", object_id, call.ours)
    if attempt is None or attempt.payment.purpose is not Purpose.CHECKOUT:
        return ""
    view = call.services.application.ask(GetCheckout(checkout=CheckoutId(attempt.payment.subject)), call.ours)
    return f"/cart/{view.checkout.cart}"


_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title><link rel="stylesheet" href="/static/app.css"></head>
<body><main><h1>{title}</h1><p>{text}</p>{form}</main></body></html>
"""
_FORM = (
    '<form method="post"><button name="answer" value="complete">Confirm the payment</button> '
    '<button name="answer" value="fail">Do not confirm</button></form>'
)


def _page(title: str, text: str, form: str = "") -> Content:
    body = _PAGE.format(title=escape(title), text=escape(text), form=form)
    return Content(body=body.encode(), content_type="text/html; charset=utf-8")
