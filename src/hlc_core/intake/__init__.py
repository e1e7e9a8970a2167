"""Intake: questionnaires, and the answers that a purchase asks for."""
