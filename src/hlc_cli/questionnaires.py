"""`hlc questionnaires`: what patients are asked, in versions."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hlc_adapters.imports.questionnaires import read_questionnaire_files
from hlc_cli.desk import desk_of
from hlc_cli.group import group
from hlc_core.intake.api import (
    Definition,
    GetQuestionnaire,
    ListQuestionnaires,
    PublishQuestionnaire,
    RetireQuestionnaire,
    content_hash,
)

app = group("Questionnaires: what patients are asked, in versions. Bring them in with `hlc import questionnaires`.")

Key = Annotated[str, typer.Argument(metavar="KEY", help="Its key, such as weight-intake.")]
Number = Annotated[int | None, typer.Option("--version", min=1, help="Which version; else the newest.")]


@app.command("list")
def list_(
    context: typer.Context,
    all_versions: Annotated[bool, typer.Option("--all", help="Older versions, too.")] = False,
) -> None:
    """Every questionnaire, by key."""
    desk_of(context).out.items(
        desk_of(context).ask(ListQuestionnaires(all_versions=all_versions)),
        ("key", ">version", "state", "title", ">pages", ">items", "published", "hash"),
        lambda one: (one.key, one.number, one.state, one.title, one.pages, one.items, one.published_at, one.hash),
        "No questionnaire yet: `hlc import questionnaires FILE…`.",
    )


@app.command()
def show(context: typer.Context, key: Key, version: Number = None) -> None:
    """What one asks."""
    desk = desk_of(context)
    view = desk.ask(GetQuestionnaire(key=key, number=version))
    card = view.card
    desk.out.record(
        view,
        (
            ("key", card.key),
            ("version", card.number),
            ("title", card.title),
            ("state", card.state),
            ("hash", card.hash),
            ("published", card.published_at),
            ("can be", card.actions),
        ),
    )
    if not desk.out.json:
        _content(context, view.definition)


def _content(context: typer.Context, definition: Definition) -> None:
    out = desk_of(context).out
    out.table(
        ("page", "item", "type", "asks", "answers", "when"),
        [
            (
                page.title,
                item.id,
                item.type if item.required or not item.asks else f"{item.type} (optional)",
                item.text,
                tuple(choice.value for choice in item.choices),
                "" if item.when is None else f" {item.when.mode} ".join(_term(one) for one in item.when.terms),
            )
            for page in definition.pages
            for item in page.items
        ],
    )


def _term(term: object) -> str:
    words = (getattr(term, name) for name in ("item", "test", "values"))
    return " ".join(", ".join(word) if isinstance(word, tuple) else str(word) for word in words).strip()


@app.command()
def check(
    context: typer.Context,
    files: Annotated[list[Path], typer.Argument(metavar="FILE…", help="YAML or JSON, one questionnaire each.")],
) -> None:
    """Whether files can be imported, without a database: what is wrong, on which line, and how to mend it."""
    read = zip(files, read_questionnaire_files(files), strict=True)
    desk_of(context).out.items(
        [
            {"file": str(file), "key": one.key, "title": one.definition.title, "hash": content_hash(one.definition)}
            for file, one in read
        ],
        ("file", "key", "title", "hash"),
        lambda one: tuple(one.values()),
    )


@app.command()
def publish(context: typer.Context, key: Key, version: Number = None) -> None:
    """Put a draft into use; running intakes keep what they pinned."""
    desk = desk_of(context)
    held = desk.execute(PublishQuestionnaire(key=key, number=version))
    desk.out.record(held, (("key", held.key), ("version", held.number), ("state", held.state)), "In use.")


@app.command()
def retire(context: typer.Context, key: Key, version: Number = None) -> None:
    """Ask it of no new order."""
    desk = desk_of(context)
    held = desk.execute(RetireQuestionnaire(key=key, number=version))
    desk.out.record(held, (("key", held.key), ("version", held.number), ("state", held.state)), "Retired.")
