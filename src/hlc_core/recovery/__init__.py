"""Failed renewals: retried on a schedule, and the patient asked for help. Source: spec/billing, Recovery."""
