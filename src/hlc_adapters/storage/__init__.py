"""One row store for every backend: shapes of aggregates, the unit of work, the repositories."""
