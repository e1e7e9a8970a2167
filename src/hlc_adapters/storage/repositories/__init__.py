"""Repositories over the unit of work, a module a context; the same for every backend."""
