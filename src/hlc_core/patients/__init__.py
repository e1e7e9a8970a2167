"""Patients: who is treated, and what a buyer is."""
