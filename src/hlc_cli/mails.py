"""`hlc mails`: the protected mails, and a clinic's own words for them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hlc_cli.desk import Desk, desk_of
from hlc_cli.group import group
from hlc_core.identity.api import user_named
from hlc_core.kernel.errors import Fault, Invalid
from hlc_core.kernel.evolve import evolve
from hlc_core.notifications.api import (
    ChangeMailTemplate,
    GetMailTemplate,
    ListMailTemplates,
    RestoreMailTemplate,
    Shown,
    TryMailTemplate,
)

app = group("Mails: codes, links, alerts and welcomes in the clinic's own words.")

Name = Annotated[str, typer.Argument(help="Its word, as `hlc mails list` has it: security-2fa-code.")]


@app.command("list")
def list_(context: typer.Context) -> None:
    """The protected mails, and which of them the clinic wrote anew."""
    desk = desk_of(context)
    desk.out.items(
        desk.ask(ListMailTemplates()),
        ("mail", "name", "own words", "subject"),
        lambda one: (one.template, one.name, "outdated" if one.outdated else one.changed, one.written.subject),
        "There are none.",
    )


@app.command()
def show(context: typer.Context, template: Name) -> None:
    """One mail, and the tags that may and must stand in it."""
    desk = desk_of(context)
    _shown(desk, desk.ask(GetMailTemplate(template=template)))


@app.command("set")
def set_(
    context: typer.Context,
    template: Name,
    subject: Annotated[str | None, typer.Option(help="Another subject.")] = None,
    text: Annotated[Path | None, typer.Option(help="A file with another text.")] = None,
    html: Annotated[Path | None, typer.Option(help="A file with HTML beside the text; an empty file for none.")] = None,
    from_name: Annotated[str | None, typer.Option(help="As whom; empty: as the clinic says.")] = None,
    from_address: Annotated[str | None, typer.Option(help="From where; empty: as the clinic says.")] = None,
) -> None:
    """Write a mail in the clinic's own words, from the next one on. What is left out stays."""
    desk = desk_of(context)
    stands = desk.ask(GetMailTemplate(template=template)).written
    given = {
        "subject": subject,
        "text": None if text is None else _read(text),
        "html": None if html is None else _read(html),
        "from_name": from_name,
        "from_address": from_address,
    }
    wish = evolve(stands, **{name: value for name, value in given.items() if value is not None})
    _shown(desk, desk.execute(ChangeMailTemplate(template=template, written=wish)))


@app.command()
def restore(context: typer.Context, template: Name) -> None:
    """Back to the words that come with HLC."""
    desk = desk_of(context)
    _shown(desk, desk.execute(RestoreMailTemplate(template=template)))


@app.command("try")
def try_(
    context: typer.Context,
    template: Name,
    person: Annotated[str, typer.Argument(help="Somebody of the clinic: their address, or their id.")],
) -> None:
    """Send a mail with made-up words to somebody of the clinic, to look at."""
    desk = desk_of(context)
    user = user_named(person, desk.services.porter)
    desk.execute(TryMailTemplate(template=template, user=user))
    if desk.out.json:
        desk.out.data({"user": user})
    desk.out.say("The worker sends it.")


def _shown(desk: Desk, one: Shown) -> None:
    desk.out.record(
        one,
        (
            ("mail", one.template),
            ("name", one.name),
            ("own words", "outdated" if one.outdated else one.changed),
            ("from", " ".join(part for part in (one.written.from_name, one.written.from_address) if part) or None),
            ("subject", one.written.subject),
            ("html", len(one.written.html) or None),
            ("tags", ", ".join(one.tags)),
            ("must have", ", ".join(one.needed) or None),
        ),
        one.written.text,
    )


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        raise Invalid(f"{path} cannot be read.", Fault("file", "a text file in UTF-8")) from None
