"""Machines to pages: `docs/machines/<name>.md` from the tables, so that a diagram cannot be out of date.

`python -m tools.diagrams` writes them; with `--check` it only says which differ, and ends with 1 if any does.
"""

from __future__ import annotations

import importlib
import pkgutil
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

import hlc_core
from hlc_core.kernel.machine import AnyMachine, Machine

PAGES = Path(__file__).parents[1] / "docs" / "machines"


def machines() -> tuple[AnyMachine, ...]:
    """Every machine that a `machine` module of the core holds, by name. Refuses: ValueError (none, or a name twice)."""
    found: dict[str, AnyMachine] = {}
    for module in pkgutil.walk_packages(hlc_core.__path__, "hlc_core."):
        parts = module.name.split(".")
        if "machine" not in parts or "kernel" in parts:
            continue
        for value in vars(importlib.import_module(module.name)).values():
            if isinstance(value, Machine) and found.setdefault(value.name, value) is not value:
                raise ValueError(f"Two machines are called {value.name}.")
    if not found:
        raise ValueError("The core has no machine.")
    return tuple(found[name] for name in sorted(found))


def page(machine: AnyMachine) -> str:
    """The page of one machine: its diagram, what its states mean, its rules."""
    return "\n".join(
        [
            f"# {title(machine)}",
            "",
            "Generated from the table in the source by `nox -s machines`; change the table, not this page.",
            "",
            "```mermaid",
            machine.mermaid().rstrip(),
            "```",
            "",
            "## States",
            "",
            *table(("state", "waits for", "the patient reads", "what it means", "late after"), states(machine)),
            "",
            "## Rules",
            "",
            *table(("from", "trigger", "to", "only if", "by hand", "what else happens"), rules(machine)),
            "",
        ]
    )


def title(machine: AnyMachine) -> str:
    """Its name as a heading."""
    return machine.name.replace("_", " ").capitalize()


def states(machine: AnyMachine) -> Iterable[tuple[str, ...]]:
    """The rows of the table of states."""
    for state in machine.states:
        mark = " (start)" if state is machine.initial else " (final)" if state in machine.final else ""
        note = machine.notes.get(state)
        days = note.deadline_days if note else None
        late = "" if days is None else f"{days} day" if days == 1 else f"{days} days"
        yield (f"`{state}`{mark}", *((note.waits_for, note.patient, note.staff) if note else ("", "", "")), late)


def rules(machine: AnyMachine) -> Iterable[tuple[str, ...]]:
    """The rows of the table of rules."""
    for rule in machine.rules:
        guard = rule.guard.__name__.replace("_", " ") if rule.guard else ""
        permission = f"`{rule.permission}`" if rule.permission else ""
        by_hand = f"exception {permission}".strip() if rule.manual else permission
        yield f"`{rule.source}`", f"`{rule.trigger}`", f"`{rule.target}`", guard, by_hand, rule.causes


def table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> list[str]:
    """A Markdown table; bars in cells are escaped, columns that are empty everywhere are left out."""
    filled = [tuple(cell.replace("|", "\\|") for cell in row) for row in rows]
    used = [column for column in range(len(head)) if column == 0 or any(row[column] for row in filled)]
    lines = [head, tuple("---" for _ in head), *filled]
    return ["| " + " | ".join(line[column] for column in used) + " |" for line in lines]


def pages() -> dict[str, str]:
    """What `docs/machines` must contain: text by file name."""
    all_machines = machines()
    rows = [
        (f"[{title(machine)}]({machine.name}.md)", str(len(machine.states)), str(len(machine.rules)))
        for machine in all_machines
    ]
    index = "\n".join(["# Machines", "", *table(("lifecycle", "states", "rules"), rows), ""])
    return {"README.md": index} | {f"{machine.name}.md": page(machine) for machine in all_machines}


def differences(wanted: Mapping[str, str], folder: Path) -> list[str]:
    """The files of the folder that are missing, outdated, or of no machine."""
    there = {path.name: path.read_text(encoding="utf-8") for path in folder.glob("*.md")}
    return sorted(name for name in wanted.keys() | there.keys() if wanted.get(name) != there.get(name))


def write(wanted: Mapping[str, str], folder: Path) -> None:
    """Make the folder contain exactly that."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in differences(wanted, folder):
        if name in wanted:
            (folder / name).write_text(wanted[name], encoding="utf-8")
        else:
            (folder / name).unlink()


def main(arguments: list[str]) -> int:
    """Write, or check; the exit code."""
    if "--check" not in arguments:
        write(pages(), PAGES)
        return 0
    different = differences(pages(), PAGES)
    for name in different:
        print(f"docs/machines/{name} is not what the machines say: run nox -s machines")
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
