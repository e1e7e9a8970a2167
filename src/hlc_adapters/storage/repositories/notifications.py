"""Clinics' own words for protected mails."""

from __future__ import annotations

from attrs import frozen

from hlc_adapters.storage.repositories.rows import Rows
from hlc_adapters.storage.shapes.notifications import MAIL_TEMPLATES
from hlc_core.notifications.model import MailTemplate


@frozen
class StoredMailTemplates(Rows[str, MailTemplate]):
    """One for each mail that the clinic wrote anew."""

    shape = MAIL_TEMPLATES

    def all(self) -> tuple[MailTemplate, ...]:
        """All that it wrote."""
        return tuple(self.unit.select(self.shape))
