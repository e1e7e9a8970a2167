"""Refusals of encryption."""

from hlc_core.kernel.errors import Conflict, Fault


class HashesOfLogins(Conflict):
    """Logins are found by hashes in the whole installation; their index key stays."""

    remedy = Fault("organization", "rotate the keys of organizations; this one stays")


class TooManyKeys(Conflict):
    """The numbers of keys are used up."""

    remedy = Fault("organization", "nothing more can be done here: ask us")
