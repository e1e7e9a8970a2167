"""Importing a table: checking it as a whole, then taking it over in batches, from where an interruption left it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from attrs import define, field, frozen

from hlc_adapters.imports.files import Cells, Table
from hlc_adapters.imports.kinds import Kind, Outcome, Result
from hlc_adapters.imports.progress import Progress, Progresses
from hlc_core.application import Application
from hlc_core.kernel.commands import Envelope
from hlc_core.kernel.errors import Fault, HlcError, Invalid
from hlc_core.kernel.evolve import evolve
from hlc_core.kernel.ids import Ids
from hlc_core.kernel.text import counted
from hlc_core.organizations.api import Organization

BATCH = 500


class BadRows(Invalid):
    """The import was to be all or nothing, and some rows are at fault."""


@frozen(kw_only=True)
class Problem:
    """What is wrong where: the line of the file, the column, and the remedy."""

    line: int
    column: str
    message: str
    result: Result = Result.BAD


@frozen(kw_only=True)
class Report:
    """What became of the rows, or would. `continued_after` is how many an interrupted import had already taken."""

    kind: str
    file: str
    dry_run: bool
    rows: int
    new: int
    changed: int
    same: int
    duplicate: int
    bad: int
    problems: tuple[Problem, ...]
    continued_after: int = 0


@define
class Import:
    """One import. `progress` is told of rows done and rows planned."""

    kind: Kind
    table: Table
    organization: Organization
    application: Application
    envelope: Envelope
    progress: Callable[[int, int], None]
    batch: int = BATCH
    _seen: dict[str, dict[str, int]] = field(factory=dict, init=False)

    def check(self) -> Report:
        """What an import would do now, row by row; nothing is kept. Refuses: NotATable, Denied, Unavailable."""
        tally = _Tally()
        for done, (outcomes, rows) in enumerate(self._batches(0), start=1):
            tally.add(outcomes)
            if rows:
                command = self.kind.command(rows, True)
                tally.add(self.kind.outcomes(rows, self.application.preview(command, self.envelope)))
            self.progress(min(done * self.batch, self.table.rows), self.table.rows)
        return tally.report(self, dry_run=True)

    def load(self, skip_bad: bool, progresses: Progresses, ids: Ids) -> Report:
        """Take the rows over. Without `skip_bad` all are checked first, and one bad row means that none is taken.

        Interrupted, it goes on at the same batch when it is called again for the same file.
        Refuses: BadRows, NotATable, Denied, Unavailable.
        """
        name = f"{self.organization.id}|{self.kind.name}|{self.table.digest}|{self.batch}"
        stands = progresses.find(name)
        if stands is None:
            if not skip_bad:
                self._refuse_bad(self.check())
            stands = Progress(run=ids.new("job"))
        tally = _Tally.of(stands)
        began = stands.done
        for outcomes, rows in self._batches(stands.done):
            tally.add(outcomes)
            if rows:
                tally.add(self._take(rows, f"import:{stands.run}:{stands.done}"))
            stands = tally.noted(evolve(stands, done=stands.done + len(outcomes) + len(rows)))
            progresses.keep(name, stands)
            self.progress(stands.done, self.table.rows)
        progresses.forget(name)
        return evolve(tally.report(self, dry_run=False), continued_after=began)

    def _take(self, rows: Sequence[Any], key: str) -> tuple[Outcome, ...]:
        """The key lets a batch that was committed, but not noted as done, answer what it did, and do nothing."""
        command = self.kind.command(rows, True)
        return self.kind.outcomes(rows, self.application.execute(command, evolve(self.envelope, idempotency_key=key)))

    def _refuse_bad(self, report: Report) -> None:
        if report.problems:
            many = len({problem.line for problem in report.problems})
            raise BadRows(
                f"{many} of {counted(report.rows, 'row')} cannot be taken; nothing was imported "
                "(--skip-bad takes the others).",
                *(Fault(f"line {one.line}, {one.column}", one.message) for one in report.problems),
            )

    def _batches(self, behind: int) -> Iterator[tuple[list[Outcome], list[Any]]]:
        """Outcomes of rows that cannot be read, and rows that can, batch by batch, behind so many rows."""
        bad: list[Outcome] = []
        good: list[Any] = []
        self._seen = {}
        for place, cells in enumerate(self.table, start=1):
            read = self._read(cells)
            if place <= behind:
                continue
            if isinstance(read, Outcome):
                bad.append(read)
            else:
                good.append(read)
            if len(bad) + len(good) == self.batch:
                yield bad, good
                bad, good = [], []
        if bad or good:
            yield bad, good

    def _read(self, cells: Cells) -> Any:
        if cells.shape:
            return Outcome(line=cells.line, result=Result.BAD, faults=(Fault("row", cells.shape),))
        repeated = self._repeated(cells)
        if repeated is not None:
            return Outcome(line=cells.line, result=Result.DUPLICATE, faults=(repeated,))
        try:
            return self.kind.read(cells.line, cells.cells, self.organization)
        except HlcError as refusal:
            faults = refusal.faults or (Fault("row", refusal.detail),)
            return Outcome(line=cells.line, result=Result.BAD, faults=faults)

    def _repeated(self, cells: Cells) -> Fault | None:
        for column in self.kind.keys:
            key = cells.cells.get(column, "").strip()
            if key:
                folded = key.casefold() if self.kind.fold else key
                first = self._seen.setdefault(column, {}).setdefault(folded, cells.line)
                if first != cells.line:
                    return Fault(column, f"{key[:60]!r} stands on line {first} already")
        return None


@define
class _Tally:
    counts: Counter[str] = field(factory=Counter)
    problems: list[Problem] = field(factory=list)

    @classmethod
    def of(cls, stands: Progress) -> _Tally:
        problems = [Problem(line=a, column=b, message=c, result=Result(d)) for a, b, c, d in stands.problems]
        return cls(Counter(dict(stands.counts)), problems)

    def add(self, outcomes: Sequence[Outcome]) -> None:
        for one in outcomes:
            self.counts[one.result] += 1
            self.problems += [
                Problem(line=one.line, column=fault.field, message=fault.message, result=one.result)
                for fault in one.faults
            ]

    def noted(self, stands: Progress) -> Progress:
        problems = tuple((one.line, one.column, one.message, str(one.result)) for one in self.problems)
        return evolve(stands, counts=tuple(sorted(self.counts.items())), problems=problems)

    def report(self, task: Import, dry_run: bool) -> Report:
        return Report(
            kind=task.kind.name,
            file=str(task.table.path),
            dry_run=dry_run,
            rows=sum(self.counts.values()),
            new=self.counts[Result.NEW],
            changed=self.counts[Result.CHANGED],
            same=self.counts[Result.SAME],
            duplicate=self.counts[Result.DUPLICATE],
            bad=self.counts[Result.BAD],
            problems=tuple(sorted(self.problems, key=lambda one: one.line)),
        )
