"""Documents for people, printed."""
