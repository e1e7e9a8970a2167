"""How fast HLC is, and how much memory it takes: each figure beside a floor that writes the same rows."""
