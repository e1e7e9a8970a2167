"""Pharmacies: where prescriptions go."""
