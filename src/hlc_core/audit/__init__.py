"""The recorded past: audit entries and moves."""
