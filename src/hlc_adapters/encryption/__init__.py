"""Encryption at rest: master keys, keys of organizations, sealed bodies, hashes by which sealed fields are found."""
