"""The verbs of patients, one file for each group."""
