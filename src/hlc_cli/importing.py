"""`hlc import`: products, coupons, patients and subscriptions from CSV files, questionnaires from YAML or JSON."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from hlc_adapters.imports.files import open_table
from hlc_adapters.imports.kinds import COUPONS, DRUGS, KINDS, PATIENTS, PRODUCTS, SUBSCRIPTIONS, Kind
from hlc_adapters.imports.loading import BATCH, Import, Report
from hlc_adapters.imports.progress import Progresses, state_folder
from hlc_adapters.imports.questionnaires import read_questionnaire_files
from hlc_cli.desk import desk_of
from hlc_cli.group import group
from hlc_cli.output import Output
from hlc_core.intake.api import ImportQuestionnaires
from hlc_core.kernel.text import counted

app = group("Take over products, coupons, patients and subscriptions from CSV files, questionnaires from YAML.")

MOST_SHOWN = 50

File = Annotated[Path, typer.Argument(metavar="FILE.csv", help="CSV in UTF-8, with a header line.")]
Dry = Annotated[bool, typer.Option("--dry-run", help="Only report what would happen.")]
Skip = Annotated[bool, typer.Option("--skip-bad", help="Take the good rows; else one bad row means none is taken.")]
Batch = Annotated[int, typer.Option("--batch", min=1, max=1000, help="Rows in one transaction.")]


@app.command()
def products(
    context: typer.Context, file: File, dry_run: Dry = False, skip_bad: Skip = False, batch: Batch = BATCH
) -> None:
    """Products, known by external_id: new ones are added, known ones follow the file. What was sold stays as it was."""
    _run(context, PRODUCTS, file, dry_run, skip_bad, batch)


@app.command()
def coupons(
    context: typer.Context, file: File, dry_run: Dry = False, skip_bad: Skip = False, batch: Batch = BATCH
) -> None:
    """Coupons, known by their code."""
    _run(context, COUPONS, file, dry_run, skip_bad, batch)


@app.command()
def patients(
    context: typer.Context, file: File, dry_run: Dry = False, skip_bad: Skip = False, batch: Batch = BATCH
) -> None:
    """Patients, known by external_id."""
    _run(context, PATIENTS, file, dry_run, skip_bad, batch)


@app.command()
def drugs(
    context: typer.Context, file: File, dry_run: Dry = False, skip_bad: Skip = False, batch: Batch = BATCH
) -> None:
    """Drugs, known by external_id; products map to them by name. Prescriptions that were written stay as they are."""
    _run(context, DRUGS, file, dry_run, skip_bad, batch)


@app.command()
def subscriptions(
    context: typer.Context, file: File, dry_run: Dry = False, skip_bad: Skip = False, batch: Batch = BATCH
) -> None:
    """Running agreements of another system, known by external_id; they keep their rhythm. Import products, coupons
    and patients first.
    """
    _run(context, SUBSCRIPTIONS, file, dry_run, skip_bad, batch)


@app.command()
def questionnaires(
    context: typer.Context,
    files: Annotated[list[Path], typer.Argument(metavar="FILE…", help="YAML or JSON, one questionnaire each.")],
    dry_run: Dry = False,
    draft: Annotated[bool, typer.Option("--draft", help="Do not put new versions into use.")] = False,
) -> None:
    """Questionnaires, known by their key: a changed one becomes a new version. All files or none."""
    desk = desk_of(context)
    read = read_questionnaire_files(files)
    command = ImportQuestionnaires(questionnaires=read, publish=not draft)
    taken = desk.preview(command) if dry_run else desk.execute(command)
    desk.out.items(
        taken,
        ("questionnaire", "is", ">version", "state", "hash"),
        lambda one: (one.key, one.outcome, one.number, one.state, one.hash),
    )
    desk.out.say("Nothing was imported: this was a dry run." if dry_run else "Imported.")


@app.command()
def columns(context: typer.Context, kind: Annotated[str, typer.Argument(help=f"One of: {', '.join(KINDS)}.")]) -> None:
    """What stands in which column of a file."""
    out = desk_of(context).out
    found = KINDS.get(kind)
    if found is None:
        raise typer.BadParameter(f"One of: {', '.join(KINDS)}.")
    if out.json:
        out.data(
            {"kind": found.name, "columns": [{"name": name, "holds": what} for name, what in found.columns.items()]}
        )
    else:
        out.table(("column", "what stands in it"), list(found.columns.items()))


def _run(context: typer.Context, kind: Kind, file: Path, dry_run: bool, skip_bad: bool, batch: int) -> None:
    desk = desk_of(context)
    table = open_table(file, tuple(kind.columns), kind.required)
    services = desk.services
    with desk.out.progress(f"{'Checking' if dry_run else 'Importing'} {kind.name}") as progress:
        task = Import(
            kind=kind,
            table=table,
            organization=desk.organization,
            application=services.application,
            envelope=desk.operator,
            progress=progress,
            batch=batch,
        )
        if dry_run:
            report = task.check()
        else:
            report = task.load(skip_bad, Progresses(state_folder(os.environ)), services.ids)
    _tell(desk.out, report)
    if dry_run and report.problems:
        raise typer.Exit(2)


def _tell(out: Output, report: Report) -> None:
    if out.json:
        out.data(report)
        return
    if report.continued_after:
        out.say(f"An interrupted import was continued after {counted(report.continued_after, 'row')}.")
    out.table(
        ("rows", "new", "changed", "same", "duplicate", "bad"),
        [(report.rows, report.new, report.changed, report.same, report.duplicate, report.bad)],
    )
    if report.problems:
        shown = [(one.line, one.column, one.result, one.message) for one in report.problems[:MOST_SHOWN]]
        out.table((">line", "column", "is", "what to mend"), shown)
    if len(report.problems) > MOST_SHOWN:
        out.say(f"and {len(report.problems) - MOST_SHOWN} more (--json has all)")
    out.say("Nothing was imported: this was a dry run." if report.dry_run else f"Imported into {report.kind}.")
