"""The way to paper: what draws it is imported with the first document, for it is slow to import."""

from __future__ import annotations

from hlc_core.kernel.documents import Document


def as_pdf(document: Document) -> bytes:
    """The document as PDF; the same document gives the same bytes."""
    from hlc_adapters.documents import pdf  # noqa: PLC0415  # most processes print nothing

    return pdf.as_pdf(document)
