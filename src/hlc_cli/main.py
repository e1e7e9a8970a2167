"""`hlc`: the command line of operators. Global options, and what becomes of refusals."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, MutableMapping
from pathlib import Path
from typing import Annotated, Any

import typer
from attrs import define
from typer.core import TyperGroup
from typer.main import get_group

from hlc_cli import (
    auditing,
    billing,
    carts,
    catalog,
    database,
    dispatches,
    doctor,
    drugs,
    encryption,
    explaining,
    importing,
    intakes,
    invoices,
    jobs,
    keys,
    licences,
    logins,
    machines,
    mails,
    orders,
    organizations,
    outbox,
    patients,
    payments,
    people,
    prescriptions,
    questionnaires,
    queue,
    recovery,
    refills,
    reviews,
    serving,
    sessions,
    simulate,
    subscriptions,
    webhooks,
)
from hlc_cli.desk import Desk, Options
from hlc_cli.output import make_output
from hlc_cli.refusals import EXIT_CODES, STOPPED, UNFORESEEN, as_json, as_sentences, unforeseen
from hlc_core import __version__
from hlc_core.kernel.errors import HlcError

_VALUED = ("--database", "--organization", "--settings")
_FLAGS = ("--json", "--no-color")


def hoisted(args: list[str]) -> list[str]:
    """The arguments with the global options in front, wherever they stood before a `--`."""
    front: list[str] = []
    rest: list[str] = []
    waiting = iter(args)
    for arg in waiting:
        if arg == "--":
            rest += [arg, *waiting]
        elif arg in _FLAGS or (arg.partition("=")[0] in _VALUED and "=" in arg):
            front.append(arg)
        elif arg in _VALUED:
            front += [arg, *[value for value in (next(waiting, None),) if value is not None]]
        else:
            rest.append(arg)
    return front + rest


GROUPS: dict[str, typer.Typer] = {
    "db": database.app,
    "org": organizations.app,
    "import": importing.app,
    "products": catalog.app,
    "patients": patients.app,
    "users": people.users,
    "roles": people.roles,
    "invitations": people.invitations,
    "charts": people.charts,
    "carts": carts.app,
    "billing": billing.app,
    "recovery": recovery.app,
    "orders": orders.app,
    "questionnaires": questionnaires.app,
    "intakes": intakes.app,
    "reviews": reviews.app,
    "licences": licences.app,
    "subscriptions": subscriptions.app,
    "queue": queue.app,
    "webhooks": webhooks.app,
    "invoices": invoices.app,
    "payments": payments.app,
    "drugs": drugs.app,
    "prescriptions": prescriptions.app,
    "dispatches": dispatches.app,
    "refills": refills.app,
    "explain": explaining.app,
    "machines": machines.app,
    "jobs": jobs.app,
    "outbox": outbox.app,
    "audit": auditing.app,
    "logins": logins.app,
    "mails": mails.app,
    "sessions": sessions.app,
    "keys": keys.app,
    "encryption": encryption.app,
}


@define
class Commands(MutableMapping[str, Any]):
    """Commands by their names. A group is made when it is asked for: making all takes longer than most commands."""

    made: MutableMapping[str, Any]
    groups: Mapping[str, typer.Typer]

    def __getitem__(self, name: str) -> Any:
        if name in self.groups and name not in self.made:
            group = get_group(self.groups[name])
            group.name = name
            self.made[name] = group
        return self.made[name]

    def __setitem__(self, name: str, command: Any) -> None:
        self.made[name] = command

    def __delitem__(self, name: str) -> None:
        del self.made[name]

    def __iter__(self) -> Iterator[str]:
        yield from (name for name in self.made if name not in self.groups)
        yield from self.groups

    def __len__(self) -> int:
        return len({*self.made, *self.groups})


class Hlc(TyperGroup):
    """The root: takes global options anywhere, and turns refusals into sentences and exit codes."""

    def __init__(self, **parts: Any) -> None:
        super().__init__(**parts)
        self.commands = Commands(self.commands, GROUPS)

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """See `hoisted`."""
        return super().parse_args(ctx, hoisted(args))

    def invoke(self, ctx: Any) -> Any:
        """Run the command; no traceback ever reaches the operator."""
        try:
            return super().invoke(ctx)
        except HlcError as refusal:
            out = make_output(ctx.params.get("json", False), not ctx.params.get("no_color", False))
            if out.json:
                as_json(refusal, sys.stderr)
            else:
                as_sentences(refusal, out.beside)
            raise typer.Exit(EXIT_CODES[refusal.kind]) from None
        except KeyboardInterrupt:
            sys.stderr.write("Stopped.\n")
            raise typer.Exit(STOPPED) from None
        except (typer.Exit, typer.Abort, typer.TyperException, BrokenPipeError):
            raise
        except Exception as error:
            unforeseen(error, make_output(json=False, color=not ctx.params.get("no_color", False)).beside)
            raise typer.Exit(UNFORESEEN) from None


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"hlc {__version__}")
        raise typer.Exit


app = typer.Typer(
    name="hlc",
    cls=Hlc,
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="The options above may stand anywhere in a command. Exit codes: 0 done, 2 invalid, 3 denied, 4 missing, "
    "5 conflict, 6 unavailable, 130 stopped. Settings come from HLC_… variables.",
)


@app.callback()
def root(
    context: typer.Context,
    database_url: Annotated[
        str, typer.Option("--database", metavar="URL", help="sqlite:///FILE or postgresql://…; else HLC_DATABASE_URL.")
    ] = "",
    organization: Annotated[
        str, typer.Option("--organization", metavar="SLUG", help="Which clinic; needed when there are several.")
    ] = "",
    settings: Annotated[
        Path | None, typer.Option("--settings", metavar="FILE", help="Lines HLC_NAME=value beneath the environment.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="JSON for machines instead of tables.")] = False,
    no_color: Annotated[bool, typer.Option("--no-color", help="No colours.")] = False,
    version: Annotated[
        bool, typer.Option("--version", help="Show the version and end.", is_eager=True, callback=_version)
    ] = False,
) -> None:
    """The commerce-and-care engine of telehealth clinics: sell, bill, recover, look after orders.

    Start with `hlc demo`. Every write is what the same request over HTTP would do, with the same refusals.
    """
    options = Options(database=database_url, organization=organization, settings=settings)
    desk = Desk(options, make_output(json, not no_color))
    context.obj = desk
    context.call_on_close(desk.close)


encryption.also_under(keys.app)
app.command()(serving.demo)
app.command()(serving.serve)
app.command()(serving.worker)
app.command("simulate")(simulate.run)
app.command()(doctor.doctor)


def main() -> None:
    """The entry point of the installed command."""
    app(prog_name="hlc")
