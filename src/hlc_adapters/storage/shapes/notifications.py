"""Shapes of notifications."""

from hlc_adapters.storage.shape import Shape
from hlc_core.notifications.model import MailTemplate

MAIL_TEMPLATES: Shape[MailTemplate] = Shape("mail_templates", MailTemplate, kind="mail_template")

SHAPES = (MAIL_TEMPLATES,)
