"""Prescriptions: drugs, what a clinician prescribed, and its way to the pharmacy."""
