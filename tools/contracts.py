"""The import contract that import-linter has not: a context is reached only through its `api`."""

from __future__ import annotations

from typing import Any

from grimp import ImportGraph
from importlinter import Contract, ContractCheck, fields, output

FACE = "api"


class Faces(Contract):
    """Contexts and entrypoints import another context's `api` only; adapters a few named modules more.

    A context is a package in `container` that is not `shared`; plain modules there (the registry) may see everything.
    Refuses (ValueError) to check a tree in which it finds no context or no import of a face.
    """

    type_name = "faces"
    container: Any = fields.StringField()
    shared: Any = fields.SetField(subfield=fields.StringField())
    entrypoints: Any = fields.SetField(subfield=fields.StringField())
    adapters: Any = fields.StringField()
    adapters_may_see: Any = fields.SetField(subfield=fields.StringField())

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:
        """Look at every import of a module that lies in a context."""
        contexts = {
            child
            for child in graph.find_children(self.container)
            if graph.find_children(child) and child.rpartition(".")[2] not in self.shared
        }
        faces, broken = 0, []
        for context in sorted(contexts):
            for imported in sorted({context, *graph.find_descendants(context)}):
                role = imported.removeprefix(context).lstrip(".")
                for importer in sorted(graph.find_modules_that_directly_import(imported)):
                    seen = self._may_see(importer, context, contexts)
                    faces += role == FACE
                    if seen is not None and role not in seen:
                        lines = [
                            d["line_number"] for d in graph.get_import_details(importer=importer, imported=imported)
                        ]
                        broken.append((importer, imported, lines))
        if not faces:
            raise ValueError(f"No import of a context's {FACE} below {self.container}: the contract checks nothing.")
        return ContractCheck(kept=not broken, metadata={"broken": broken})

    def _may_see(self, importer: str, context: str, contexts: set[str]) -> frozenset[str] | None:
        """The modules of the context that the importer may name; None stands for all of them."""
        home = ".".join(importer.split(".")[:2])
        if home in contexts:
            return None if home == context else frozenset({FACE})
        package = importer.partition(".")[0]
        if package in self.entrypoints:
            return frozenset({FACE})
        return frozenset(self.adapters_may_see) if package == self.adapters else None

    def render_broken_contract(self, check: ContractCheck) -> None:
        """Say which import is at fault, and where it stands."""
        for importer, imported, lines in check.metadata["broken"]:
            output.print_error(f"- {importer} -> {imported} (l.{', '.join(map(str, lines))})", bold=False)
        output.new_line()
