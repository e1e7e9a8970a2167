"""`hlc import`: good files, bad files, the same file again, and imports that were killed."""

from __future__ import annotations

import json
import time
from importlib import resources
from pathlib import Path

import pytest

from cli.clinic import ORGANIZATION, SYSTEM, Hlc
from hlc_adapters.imports.files import open_table
from hlc_adapters.imports.kinds import PATIENTS
from hlc_adapters.imports.loading import Import, Report
from hlc_adapters.imports.progress import Progress, Progresses
from hlc_adapters.storage.shapes.patients import PATIENTS as PATIENT_ROWS

SAMPLES = Path(str(resources.files("hlc_adapters.samples")))
HEADER = "external_id,name,price,kind\n"


def written(hlc: Hlc, content: str | bytes, name: str = "file.csv") -> str:
    """A file with that content."""
    path = hlc.folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return str(path)


def patients(count: int) -> str:
    """A file of so many patients."""
    rows = "".join(f"p{n},Patient {n},p{n}@example.com\n" for n in range(count))
    return "external_id,name,email\n" + rows


def test_the_samples_are_taken_over_and_are_the_same_the_second_time(hlc: Hlc) -> None:
    """Products, coupons, patients, subscriptions: all new, then all the same."""
    counts = {}
    for kind in ("products", "coupons", "patients", "subscriptions", "drugs"):
        first = hlc("import", kind, str(SAMPLES / f"{kind}.csv"), "--json")
        again = hlc("import", kind, str(SAMPLES / f"{kind}.csv"), "--json")
        assert (0, 0) == (first.code, again.code), first.words
        assert first.json["new"] == first.json["rows"] == again.json["same"]
        counts[kind] = first.json["rows"]

    assert {"products": 42, "coupons": 8, "patients": 40, "subscriptions": 60, "drugs": 19} == counts
    assert 0 == hlc("doctor").code


def test_imported_subscriptions_keep_their_rhythm_and_are_billed(hlc: Hlc) -> None:
    """Anchor, cycle and next day as the file has them; the run charges the saved card and places a renewal order."""
    for kind in ("products", "coupons", "patients", "subscriptions"):
        hlc("import", kind, str(SAMPLES / f"{kind}.csv"))
    held = {one["externalId"]: one for one in hlc("subscriptions", "list", "--limit", "200", "--json").json["items"]}

    assert "2026-11-25" == held["sb-001"]["nextDue"]
    assert ("2026-10-25", "2026-11-25") == (held["sb-001"]["period"]["start"], held["sb-001"]["period"]["end"])
    assert "ACTIVE" == held["sb-052"]["state"]
    assert ("TRIALING", 0) == (held["sb-042"]["state"], held["sb-042"]["cycle"])
    assert ("PAUSED", None) == (held["sb-013"]["state"], held["sb-013"]["nextDue"])
    assert 0 == hlc("billing", "run", "--as-of", "2026-12-05", "--override-bound").code
    after = hlc("subscriptions", "show", held["sb-001"]["number"], "--json").json["subscription"]
    assert (3, "2026-12-25") == (after["cycle"], after["nextDue"])
    invoice = next(
        card["invoice"]
        for card in hlc("invoices", "list", "--limit", "200", "--json").json["items"]
        if card["invoice"]["subscription"] == after["id"]
    )
    assert ("PAID", 3) == (invoice["state"], invoice["cycle"])
    assert "renewal" in hlc("orders", "show", invoice["order"]).out
    assert 0 == hlc("doctor").code


def test_what_the_catalog_sold_is_not_changed_by_a_new_file(hlc: Hlc) -> None:
    """The product follows the file; the subscription keeps its price."""
    row = "monthly-plan,Monthly plan,999.00,SUBSCRIPTION,month\n"
    file = written(hlc, f"external_id,name,price,kind,interval\n{row}")

    report = hlc("import", "products", file, "--json").json

    assert 1 == report["changed"]
    prices = {one["terms"]["unitPrice"]["amount"] for one in hlc("subscriptions", "list", "--json").json["items"]}
    assert {19900, 10000} == prices


def test_a_dry_run_reports_and_keeps_nothing(hlc: Hlc) -> None:
    """New, changed, same, duplicate, bad: each with line and column, and exit code 2 because of the bad ones."""
    rows = (
        "monthly-plan,Monthly plan,199.00,SUBSCRIPTION,month\n"
        "visit,Longer visit,59.00,ONE_TIME,\n"
        "new,New thing,10.00,ONE_TIME,\n"
        "new,New thing again,10.00,ONE_TIME,\n"
        "bad,,ten,SOMETIMES,\n"
        "short,Too short\n"
    )
    file = written(hlc, f"external_id,name,price,kind,interval\n{rows}")

    said = hlc("import", "products", file, "--dry-run", "--json")

    report = said.json
    assert 2 == said.code
    assert (1, 1, 1, 1, 2) == tuple(report[name] for name in ("new", "changed", "same", "duplicate", "bad"))
    places = [(problem["line"], problem["column"]) for problem in report["problems"]]
    assert [(5, "external_id"), (6, "name"), (6, "price"), (6, "kind"), (7, "row")] == places
    assert "New thing" not in hlc("products", "list").out
    people = hlc("import", "products", file, "--dry-run")
    assert "this was a dry run" in people.words
    assert "'new' stands on line 4 already" in people.words


def test_one_bad_row_means_that_none_is_taken(hlc: Hlc) -> None:
    """Unless the bad ones are to be skipped."""
    file = written(hlc, HEADER + "good,Good,1.00,ONE_TIME\nbad,Bad,-1,ONE_TIME\n")

    refused = hlc("import", "products", file)
    assert 2 == refused.code
    assert "nothing was imported" in refused.words
    assert "line 3, price" in refused.words
    assert "Good" not in hlc("products", "list").out
    skipped = hlc("import", "products", file, "--skip-bad", "--json")
    assert (0, 1, 1) == (skipped.code, skipped.json["new"], skipped.json["bad"])
    assert "Good" in hlc("products", "list").out


def test_rows_of_subscriptions_are_checked_against_the_others(hlc: Hlc) -> None:
    """Unknown patient, unknown product, a product that is no subscription, dates that contradict each other."""
    hlc("import", "patients", written(hlc, patients(1), "patients.csv"))
    header = (
        "external_id,patient_external_id,product_external_id,state,started_on,cycle,next_due_on,gateway,card_token\n"
    )
    rows = (
        "a,nobody,monthly-plan,ACTIVE,2026-01-31,1,2026-02-28,,\n"
        "b,p0,nothing,ACTIVE,2026-01-31,1,2026-02-28,,\n"
        "c,p0,visit,ACTIVE,2026-01-31,1,2026-02-28,,\n"
        "d,p0,monthly-plan,ACTIVE,2026-01-31,1,2026-03-01,,\n"
        "e,p0,monthly-plan,ACTIVE,2026-01-31,0,2026-02-28,,\n"
        "f,p0,commitment,ACTIVE,2024-01-31,13,2025-02-28,,\n"
        "g,p0,monthly-plan,ACTIVE,2026-01-31,1,2026-02-28,bank,tok_success\n"
        "h,p0,monthly-plan,CANCELLED,2026-01-31,1,2026-02-28,,\n"
        "i,p0,monthly-plan,ACTIVE,31.01.2026,one,,,\n"
        "j,p0,monthly-plan,ACTIVE,2026-01-31,1,2026-02-28,,\n"
    )

    report = hlc("import", "subscriptions", written(hlc, header + rows), "--skip-bad", "--json").json

    columns = {2: "patient_external_id", 3: "product_external_id", 4: "product_external_id", 5: "next_due_on"}
    columns |= {6: "cycle", 7: "cycle", 8: "gateway", 9: "state"}
    found = {problem["line"]: problem["column"] for problem in report["problems"] if problem["line"] < 10}
    assert columns == found
    assert {"started_on", "cycle"} == {one["column"] for one in report["problems"] if one["line"] == 10}
    assert (1, 9) == (report["new"], report["bad"])


def test_one_address_belongs_to_one_patient(hlc: Hlc) -> None:
    """A second row with the address, and an address that an account has, are duplicates, told with the line."""
    rows = "a,Ann,ann@example.com\nb,Bob,ANN@example.com\nc,Cy,due@example.com\n"
    file = written(hlc, "external_id,name,email\n" + rows)

    report = hlc("import", "patients", file, "--skip-bad", "--json").json

    assert (1, 2) == (report["new"], report["duplicate"])
    assert [(3, "email"), (4, "email")] == [(one["line"], one["column"]) for one in report["problems"]]


CHART = "external_id,name,email,number,birth_date,gender,conditions,allergies,medications,habits,notes\n"


def test_patients_come_with_number_birth_date_and_history(hlc: Hlc) -> None:
    """What a later file does not tell stays; what it tells is changed, each part of the history by itself."""
    first = CHART + "a,Ann,ann@example.com,P-7,1984-03-07,female,asthma; gout,latex,metformin,smoker,Deaf in one ear.\n"
    later = CHART + "a,Ann,ann@example.com,,,,gout,,,,\n"
    counts = [hlc("import", "patients", written(hlc, rows), "--json").json for rows in (first, first, later)]
    bare = hlc("import", "patients", written(hlc, "external_id,name,email\na,Ann B,ann@example.com\n"), "--json").json
    listed = next(one for one in hlc("patients", "list", "--json").json["items"] if one["number"] == "P-7")
    shown = hlc("patients", "record", listed["id"], "--for", "treatment", "--json").json

    assert [(1, 0, 0), (0, 0, 1), (0, 1, 0)] == [(one["new"], one["changed"], one["same"]) for one in counts]
    assert 1 == bare["changed"]
    assert ("1984-03-07", "female") == (shown["birthDate"], shown["gender"])
    assert (["gout"], ["latex"], ["metformin"], ["smoker"], "Deaf in one ear.") == tuple(
        shown["history"][part] for part in ("conditions", "allergies", "medications", "habits", "notes")
    )


def test_what_cannot_be_read_of_a_chart_is_named_without_being_repeated(hlc: Hlc) -> None:
    """Neither on the screen nor in the notes of an import stands anybody's birth date or illness."""
    long = "x" * 201
    rows = (
        "a,Ann,ann@example.com,,07/03/1984,,,,,,\n"
        "b,Bob,bob@example.com,,2184-03-07,,,,,,\n"
        f"c,Cy,cy@example.com,,,womanly,Canary {long},,,,\n"
        "d,Di,di@example.com,P-1,,,,,,,\n"
        "e,Ed,ed@example.com,p-1,,,,,,,\n"
    )
    said = hlc("import", "patients", written(hlc, CHART + rows), "--skip-bad", "--json")
    columns = [(one["line"], one["column"]) for one in said.json["problems"]]

    assert [(2, "birth_date"), (3, "birth_date"), (4, "conditions"), (4, "gender"), (6, "number")] == sorted(columns)
    assert not any(word in said.out for word in ("07/03/1984", "2184-03-07", "womanly", "Canary"))


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "The file is empty."),
        (b"\n\n\n", "The file is empty."),
        (HEADER.encode("utf-16"), "save as UTF-8"),
        ((HEADER + "a,b,1,ONE_TIME\n").encode("utf-16-le"), "save as UTF-8"),
        (HEADER.encode("utf-32"), "save as UTF-8"),
        (b"PK\x03\x04and so on", "save the sheet as CSV"),
        (HEADER.encode() + b"caf\xe9,Caf\xe9,1.00,ONE_TIME\n", "byte 0xe9 is not UTF-8"),
        (HEADER.encode() + b"a,nu\x00l,1.00,ONE_TIME\n", "line 2: it holds a NUL byte"),
        (HEADER.encode() + b"a," + b"x" * 30_000 + b",1.00,ONE_TIME\n", "line 2: a cell has more than 20000"),
        (HEADER.encode() + b'a,"never closed,1.00,ONE_TIME\nb,B,1.00,ONE_TIME\n', "line 2: a quote is opened"),
        (HEADER.encode() + b'a,"closed" early,1.00,ONE_TIME\n', "line 2: after a closing quote"),
        (b"external_id;name;price;kind\na;b;1;ONE_TIME\n", "not parted by commas"),
        (b"external_id\tname\tprice\tkind\n", "not parted by commas"),
        (b"id,title\n1,x\n", "'external_id': is missing"),
        (b"external_id,name,price,kind,colour\n", "'colour': is not known here"),
        (b"external_id,name,price,kind,name\n", "'name': stands there twice"),
        (b"a,Thing,1.00,ONE_TIME\n", "the first line names columns out of: external_id, name"),
    ],
)
def test_a_file_that_is_no_such_table_is_refused(hlc: Hlc, content: bytes, sentence: str) -> None:
    """With what is wrong, where, and how to mend it; nothing is imported."""
    said = hlc("import", "products", written(hlc, content))

    assert 2 == said.code
    assert sentence in said.words.replace("column ", ""), said.words
    assert "Traceback" not in said.words


def test_a_file_that_is_not_there_is_missing(hlc: Hlc) -> None:
    """A name that nothing has, and the name of a folder."""
    assert 4 == hlc("import", "products", "nowhere.csv").code
    assert "it is a folder" in hlc("import", "products", str(hlc.folder)).words


def test_marks_blank_lines_and_quoted_breaks_do_no_harm(hlc: Hlc) -> None:
    """A byte order mark, carriage returns, blank lines, a break within a cell: lines are counted as editors do."""
    rows = 'a,"Quoted, ""name""",1.00,ONE_TIME\r\n\r\n ,,,\r\nb,B,no price,ONE_TIME\r\n'
    content = b"\xef\xbb\xbf" + b'external_id,name,price,kind,description\r\nz,Z,1.00,ONE_TIME,"two\r\nlines"\r\n'
    content += rows.replace("ONE_TIME", "ONE_TIME,").replace(" ,,,", " ,,,,").encode()

    report = hlc("import", "products", written(hlc, content), "--skip-bad", "--json").json

    assert (3, 2, 1) == (report["rows"], report["new"], report["bad"])
    assert [7] == [problem["line"] for problem in report["problems"]]


def test_an_empty_table_is_no_error(hlc: Hlc) -> None:
    """A header and nothing else: nothing is imported, and that is said."""
    said = hlc("import", "products", written(hlc, HEADER), "--json")

    assert (0, 0) == (said.code, said.json["rows"])


def test_a_killed_import_goes_on_where_it_was(hlc: Hlc) -> None:
    """Killed in the middle; called again it continues, and in the end every row is there once."""
    file = written(hlc, patients(600))
    killed = hlc.start("import", "patients", file, "--batch", "10")
    deadline = time.monotonic() + 60
    while _noted(hlc) < 50 and killed.poll() is None and time.monotonic() < deadline:
        time.sleep(0.002)
    killed.kill()
    killed.communicate()
    done = _noted(hlc)
    assert 50 <= done < 600

    said = hlc("import", "patients", file, "--batch", "10", "--json")

    assert 0 == said.code
    assert said.json["continuedAfter"] >= done
    assert (600, 600) == (said.json["rows"], said.json["new"])
    assert [] == [*(hlc.folder / "state").rglob("*.json")]
    services = hlc.services()
    try:
        session = services.backend.begin(write=False)
        from_file = [p for p in session.select(PATIENT_ROWS, ORGANIZATION) if p.external_id is not None]
        session.rollback()
    finally:
        services.close()
    assert 600 == len(from_file)


def _noted(hlc: Hlc) -> int:
    notes = [*(hlc.folder / "state").rglob("*.json")]
    try:
        return int(json.loads(notes[0].read_text())["done"]) if notes else 0
    except (OSError, ValueError):
        return 0


class Dies(BaseException):
    """The process died here."""


class Forgetful(Progresses):
    """Dies once, after the third batch was committed and before it was noted."""

    def keep(self, name: str, progress: Progress) -> None:
        if progress.done == 30 and not (self.folder / "died").exists():
            self.folder.mkdir(parents=True, exist_ok=True)
            (self.folder / "died").touch()
            raise Dies
        super().keep(name, progress)


def test_a_batch_that_was_not_noted_is_not_taken_twice(hlc: Hlc) -> None:
    """Killed between the commit of a batch and the note about it: the batch answers what it did before."""
    services = hlc.services()
    try:

        def load() -> Report:
            table = open_table(Path(written(hlc, patients(50))), tuple(PATIENTS.columns), PATIENTS.required)
            task = Import(
                kind=PATIENTS,
                table=table,
                organization=services.directory.chosen("clinic"),
                application=services.application,
                envelope=SYSTEM,
                progress=lambda done, planned: None,
                batch=10,
            )
            return task.load(False, Forgetful(hlc.folder / "notes"), services.ids)

        with pytest.raises(Dies):
            load()
        report = load()
    finally:
        services.close()

    assert (20, 50, 50, 0) == (report.continued_after, report.rows, report.new, report.same)


def test_columns_are_explained(nowhere: Hlc) -> None:
    """Without any database."""
    said = nowhere("import", "columns", "subscriptions")

    assert 0 == said.code
    assert "next_due_on" in said.out
