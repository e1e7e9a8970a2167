"""Review: the clinician's decision on an intake."""
