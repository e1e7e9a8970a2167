"""Shapes of the provider queue: what waits for a prescriber, and documents from elsewhere. All of it is clinical."""

from hlc_adapters.storage.shape import Index, Shape, Unique, text
from hlc_core.provider_queue.machine import ITEM
from hlc_core.provider_queue.model import PatientDocument, QueueItem


def _open_subject(item: QueueItem) -> str | None:
    return item.subject if item.open else None


def _open_patient(item: QueueItem) -> str | None:
    return item.patient if item.open else None


QUEUE_ITEMS: Shape[QueueItem] = Shape(
    "queue_items",
    QueueItem,
    (
        text("state"),
        text("source"),
        text("readiness"),
        text("subject"),
        text("open_subject", _open_subject),
        text("patient"),
        text("open_patient", _open_patient),
        text("place"),
    ),
    uniques=(Unique("one_open_item_per_subject", ("open_subject",)),),
    indexes=(
        Index(("state", "place")),
        Index(("state", "source", "place")),
        Index(("state", "readiness", "place")),
        Index(("subject",)),
        Index(("open_patient",)),
        Index(("patient", "state", "place")),
    ),
    machine=ITEM,
    sealed=True,
    kind="queue item",
    listed="queue at /rx-queue",
)


def _key(document: PatientDocument) -> str:
    return f"{document.partner}|{document.kind}|{document.patient}"


PATIENT_DOCUMENTS: Shape[PatientDocument] = Shape(
    "patient_documents",
    PatientDocument,
    (text("patient"), text("kind"), text("key", _key)),
    uniques=(Unique("one_document_per_kind_and_partner", ("key",)),),
    indexes=(Index(("patient",)),),
    sealed=True,
    kind="document",
)

SHAPES = (QUEUE_ITEMS, PATIENT_DOCUMENTS)
