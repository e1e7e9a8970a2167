"""A fictional clinic to try HLC with: files to import, and drawings."""
