"""The provider queue and partners' messages on the command line, with their refusals and exit codes."""

from __future__ import annotations

from pathlib import Path

from cli.clinic import SYSTEM, Hlc
from hlc_adapters.partners.payloads import event_id_of, told_of
from hlc_adapters.services import Services
from hlc_adapters.wire import edge
from hlc_core.kernel.errors import Missing
from hlc_core.partners.api import MessageSource, ReceiveMessage
from support.partners_world import intake, payment


def tell(services: Services, source: MessageSource, payload: dict[str, object]) -> None:
    """As the route does: keep it, then try it once."""
    told = told_of(edge.write(payload))
    command = ReceiveMessage(source=source, event_id=event_id_of(told, ""), kind="", told=told)
    kept = services.inbox.receive(command, SYSTEM)
    try:
        services.inbox.work_off(kept.message.id, SYSTEM)
    except Missing:
        return


def test_the_queue_is_worked_on_the_command_line(hlc: Hlc) -> None:
    """List, show, explain, decline; refusals have their exit codes."""
    services = hlc.services()
    tell(services, MessageSource.WELLMEDR_INTAKE, intake())
    tell(services, MessageSource.WELLMEDR_INVOICE, payment())
    services.close()
    (card,) = hlc("--json", "queue", "list").json["items"]
    item, invoice = card["item"]["id"], card["invoiceNumber"]
    shown = hlc("queue", "show", item)
    waits = hlc("queue", "explain", invoice)
    ends = [
        hlc("queue", "decline", item, "--reason", " ").code,
        hlc("queue", "decline", item, "--reason", "Not suitable.").code,
        hlc("queue", "prescribed", item).code,
        hlc("queue", "show", "qi_none").code,
        hlc("queue", "rebuild", "--check").code,
    ]

    assert "Tirzepatide" in shown.out
    assert "semaglutide" in shown.out
    assert "It waits for a prescriber." in waits.out
    assert [2, 0, 5, 4, 0] == ends
    assert {"waiting": 0, "ready": 0, "withheld": 0} == hlc("--json", "queue", "count").json
    assert "processed" in hlc("queue", "explain", invoice).out


def test_what_failed_is_listed_replayed_and_exported(hlc: Hlc, tmp_path: Path) -> None:
    """The payload only where it is asked for."""
    services = hlc.services()
    tell(services, MessageSource.WELLMEDR_INVOICE, payment())
    services.close()
    listed = hlc("webhooks", "list", "--state", "failed")
    (card,) = hlc("--json", "webhooks", "list").json["items"]
    file = tmp_path / "failed.jsonl"
    written = hlc("webhooks", "export", str(file), "--state", "failed")
    again = hlc("webhooks", "export", str(file), "--state", "failed")
    replayed = hlc("webhooks", "replay", card["message"]["id"])

    assert "intake_not_there" in listed.out
    assert "pat@example.com" not in listed.out
    assert "pat@example.com" in hlc("webhooks", "show", card["message"]["id"]).out
    assert (0, 6, 0) == (written.code, again.code, replayed.code)
    assert "pat@example.com" in file.read_text(encoding="utf-8")
    assert "wellmedr-invoice" in hlc("webhooks", "monitor").out
