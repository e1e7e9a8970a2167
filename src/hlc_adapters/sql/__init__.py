"""SQL storage on SQLAlchemy Core: SQLite embedded, PostgreSQL scaled out, one code."""
