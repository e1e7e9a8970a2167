"""Refusals of encryption."""

from hlc_core.kernel.errors import Conflict


class HashesOfLogins(Conflict):
    """Logins are found by hashes in the whole installation; their index key stays."""


class TooManyKeys(Conflict):
    """The numbers of keys are used up."""
