"""What all pages of the portal share.

A page is a route and a template:

    routes = portal_routes("invoices")

    @routes.get("/patient/invoices", "One's invoices", uses=OwnInvoices)
    def portal_invoices(call): return page(call, "invoices.html", at="invoices", invoices=call.ask(OwnInvoices()))

    @routes.post("/patient/cards/{method}/remove", "Remove a card", takes=Takes.FORM, uses=RemoveOwnMethod)
    def portal_remove_card(call):
        submit(call, RemoveOwnMethod(...))
        return done("/patient/cards", "card_removed", call)

- The routes of `portal_routes` let in patients who are signed in by cookie. Everybody else is sent to the sign-in page
  and back; a sign-in whose access token ran out is renewed on the way. A form of another site, or without the token of
  the page, is refused at the door.
- The template extends `portal/layout.html`, fills its block `content`, and begins each of its forms with
  `{{ form_keys(csrf, submission) }}` of `portal/parts.html`: the token, and the key under which `submit` runs a command
  once, however often the form is sent.
- `done` leads to the next page, which says a sentence of `DONE`. Add yours there: it carries no health data.
- `Filled` is a form as it was typed, with what is wrong at each field; `field` of `fields.html` shows it.
- What is somebody else's is absent: the queries and commands of `OWN` look at whose it is.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import field, frozen

from hlc_core.access.api import OWN
from hlc_core.identity.api import csrf_token
from hlc_core.kernel.commands import Command, Envelope
from hlc_core.kernel.errors import HlcError
from hlc_core.kernel.evolve import evolve
from hlc_http.call import Call
from hlc_http.cookies import Jar
from hlc_http.pages import Message, brand_of
from hlc_http.table import Cookie, Face, Page, Redirect, Routes, Who

A = TypeVar("A")

SIGN_IN = "/patient/login"

NAVIGATION = (
    ("dashboard", "Home", "/patient/dashboard"),
    ("orders", "Orders", "/patient/orders"),
    ("subscriptions", "Subscriptions", "/patient/subscriptions"),
    ("invoices", "Invoices", "/patient/invoices"),
    ("cards", "Cards", "/patient/cards"),
    ("profile", "Profile", "/patient/profile"),
)
"""The word of each page, its label, and where it is."""

DONE: dict[str, tuple[str, str]] = {
    "signed_out": ("good", "You are signed out."),
    "password_set": ("good", "Your password is set. Sign in with it."),
    "card_added": ("good", "Your card is saved. It is charged from now on."),
    "card_paid": ("good", "Your card is saved, and the open payment was made with it. Thank you."),
    "card_not_enough": ("wait", "Your card is saved. A payment is still open: see your invoices."),
    "card_chosen": ("good", "This card is charged from now on."),
    "card_removed": ("good", "The card is removed."),
    "card_declined": ("bad", "The payment was declined. You can try again with another card."),
    "joined": ("good", "You have joined. Sign in with the password that you have."),
}
"""What pages say after something was done: tone and sentence."""

FLASH_SECONDS = 120


def portal_routes(tag: str) -> Routes:
    """A collection of routes for patients who are signed in."""
    return Routes(f"portal: {tag}", who=Who.PERSON, face=Face.PAGE, permission=OWN, sign_in=SIGN_IN)


def page(call: Call[Any, Any], template: str, *, at: str, status: int = 200, **shows: Any) -> Page:
    """A page of the portal; `at` is its word in the navigation."""
    who, jar = call.person, jar_of(call)
    shell = {
        "brand": brand_of(call.organization),
        "navigation": NAVIGATION,
        "at": at,
        "person": (who.target or who.user).name,
        "acting": who.target is not None,
        "csrf": csrf_token(who.session.id, call.services.porter.secrets),
        "submission": secrets.token_urlsafe(16),
        **said(call),
    }
    return Page(template=f"portal/{template}", shows={**shell, **shows}, status=status, cookies=unsaid(call, jar))


def done(to: str, word: str, call: Call[Any, Any]) -> Redirect:
    """To the next page, which says the sentence of the word."""
    return Redirect(to=to, cookies=jar_of(call).kept(jar_of(call).flash, word, FLASH_SECONDS))


def said(call: Call[Any, Any]) -> Mapping[str, Message | None]:
    """What the page before left to be said."""
    word = call.incoming.cookies.get(jar_of(call).flash, "")
    return {"flash": Message(tone=DONE[word][0], text=DONE[word][1]) if word in DONE else None}


def unsaid(call: Call[Any, Any], jar: Jar) -> Mapping[str, Cookie]:
    """It is said once."""
    return jar.kept(jar.flash, "", 0) if jar.flash in call.incoming.cookies else {}


def submit(call: Call[Mapping[str, str], Any], command: Command[A]) -> A:
    """Run the command of a form: the same form sent twice is done once."""
    return call.services.application.execute(command, keyed(call))


def keyed(call: Call[Mapping[str, str], Any]) -> Envelope:
    """The envelope of a form's command, with the form's own key."""
    return evolve(call.envelope, idempotency_key=call.body.get("submission", "")[:64] or None)


def jar_of(call: Call[Any, Any]) -> Jar:
    """The cookies of this installation."""
    return Jar(plain=call.services.settings.plain_cookies)


@frozen(kw_only=True)
class Filled:
    """A form as it was typed: `labels` are its fields in their order, `faults` what is wrong with them."""

    labels: Mapping[str, str] = field(factory=dict)
    values: Mapping[str, str] = field(factory=dict, repr=False)
    faults: Mapping[str, str] = field(factory=dict, repr=False)
    failure: str = ""
    """What is wrong with none of them."""

    def value(self, name: str) -> str:
        """What was typed."""
        return self.values.get(name, "")

    def fault(self, name: str) -> str:
        """What is wrong with it, or nothing."""
        return self.faults.get(name, "")

    @property
    def listed(self) -> tuple[tuple[str, str, str], ...]:
        """Name, label and fault, in the order of the form."""
        return tuple((name, label, self.faults[name]) for name, label in self.labels.items() if name in self.faults)

    def refused(self, error: HlcError, names: Mapping[str, str] | None = None) -> Filled:
        """With what a refusal says of its fields; `names` leads from the core's words to those of the form."""
        if error.faults == (error.remedy,):
            return evolve(self, faults={}, failure=error.detail)  # the same for all: the sentence says more
        known = {(names or {}).get(fault.field, fault.field): fault.message for fault in error.faults}
        here = {name: message for name, message in known.items() if name in self.labels}
        return evolve(self, faults=here, failure="" if here else error.detail)


def filled(labels: Mapping[str, str], values: Mapping[str, str], *secret: str) -> Filled:
    """What was typed into the fields of these labels; `secret` ones are not shown again."""
    kept = {name: values.get(name, "").strip()[:400] for name in labels if name not in secret}
    return Filled(labels=labels, values=kept)
