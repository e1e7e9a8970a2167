"""Refills: the further fills of a prescription or a plan, due by date."""
