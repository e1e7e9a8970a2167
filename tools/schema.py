"""Writes the first migration from the shapes: `python -m tools.schema`. Later migrations are written by hand."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy.dialects import postgresql, sqlite

from hlc_adapters.sql.migrate import script
from hlc_adapters.sql.tables import make_metadata
from hlc_adapters.storage.shapes.all import ALL

FOLDER = Path(__file__).parent.parent / "src/hlc_adapters/sql/migrations"


def main() -> None:
    """One file a dialect."""
    metadata = make_metadata(ALL)
    for name, dialect in (("sqlite", sqlite.dialect()), ("postgresql", postgresql.dialect())):  # type: ignore[no-untyped-call]  # untyped in the library
        (FOLDER / f"0001_start.{name}.sql").write_text(script(metadata, dialect), "utf-8")


if __name__ == "__main__":
    main()
