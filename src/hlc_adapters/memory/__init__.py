"""Storage in memory: embedded default for trials, simulations and tests; the same rules as SQL."""
