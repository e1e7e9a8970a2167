"""The face of the context."""

from hlc_core.notifications.effects import PatientMessages
from hlc_core.notifications.model import Message, Template
from hlc_core.notifications.ports import Mailer
from hlc_core.notifications.templates import RECOVERY_MESSAGES, TEMPLATES

__all__ = ["RECOVERY_MESSAGES", "TEMPLATES", "Mailer", "Message", "PatientMessages", "Template"]
