"""Partners: what other systems tell us, kept once, worked off, listed and replayed."""
