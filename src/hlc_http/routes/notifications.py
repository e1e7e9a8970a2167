"""The protected mails: a clinic's own words for them."""

from __future__ import annotations

from attrs import frozen

from hlc_core.kernel.ids import UserId
from hlc_core.notifications.api import (
    ChangeMailTemplate,
    GetMailTemplate,
    ListMailTemplates,
    RestoreMailTemplate,
    Shown,
    TryMailTemplate,
    Written,
)
from hlc_http.call import Call
from hlc_http.table import Nothing, Routes, Who

routes = Routes("mail templates", who=Who.STAFF)


@frozen(kw_only=True)
class TryBody:
    """To whom; oneself unless somebody else of the clinic is named."""

    user_id: UserId | None = None


@frozen(kw_only=True)
class Tried:
    """Who gets it."""

    user: UserId


@routes.get("/api/v1/mail-templates", "The protected mails", answers=tuple[Shown, ...], uses=ListMailTemplates)
def list_mail_templates(call: Call[Nothing, Nothing]) -> tuple[Shown, ...]:
    """As they are sent now, with the tags that may and that must stand in each."""
    return call.ask(ListMailTemplates())


@routes.get("/api/v1/mail-templates/{template}", "One protected mail", answers=Shown, uses=GetMailTemplate)
def show_mail_template(call: Call[Nothing, Nothing]) -> Shown:
    return call.ask(GetMailTemplate(template=call.part("template")))


@routes.put(
    "/api/v1/mail-templates/{template}",
    "Write it in the clinic's own words",
    body=Written,
    answers=Shown,
    uses=ChangeMailTemplate,
    idempotent=True,
)
def change_mail_template(call: Call[Written, Nothing]) -> Shown:
    """From the next mail on. Unknown tags are refused, and mails without their point: a code without the code."""
    return call.execute(ChangeMailTemplate(template=call.part("template"), written=call.body))


@routes.post(
    "/api/v1/mail-templates/{template}/restore",
    "Back to the words that come with HLC",
    answers=Shown,
    uses=RestoreMailTemplate,
    idempotent=True,
)
def restore_mail_template(call: Call[Nothing, Nothing]) -> Shown:
    return call.execute(RestoreMailTemplate(template=call.part("template")))


@routes.post(
    "/api/v1/mail-templates/{template}/test",
    "Send it to somebody of the clinic to look at",
    body=TryBody,
    answers=Tried,
    uses=TryMailTemplate,
    idempotent=True,
)
def try_mail_template(call: Call[TryBody, Nothing]) -> Tried:
    """With made-up words, none of which opens anything."""
    return Tried(user=call.execute(TryMailTemplate(template=call.part("template"), user=call.body.user_id)))
