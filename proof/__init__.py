"""The proof that money cannot go wrong: histories, crashes, interleavings, webhooks and mutants, run at any scale.

`python -m proof` runs every goal and writes docs/proof.md; the tests run a smaller tier of the same functions.
"""
