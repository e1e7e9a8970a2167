"""All shapes of the database, a module a context."""
