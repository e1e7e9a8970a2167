"""The demo clinic: a catalog, people, and a year of business that really ran, on a clock of its own."""
