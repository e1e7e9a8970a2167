"""Password hashes: argon2id, few at a time, so that a flood of logins cannot take the machine."""

from __future__ import annotations

import threading

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from hlc_core.identity.ports import TooManyAtOnce

MEMORY_KIB, ROUNDS, LANES = 19 * 1024, 2, 1
"""The first of OWASP's equal choices; about 20 ms on one core."""


class Argon2Passwords:
    """Hashes and verifies; at most `at_once` together, `waiting` more wait for at most `seconds`, the rest is refused.

    `made` counts evaluations, so that a test can tell that an unknown address costs one, too.
    """

    def __init__(self, at_once: int = 2, waiting: int = 8, seconds: float = 5.0, memory_kib: int = MEMORY_KIB) -> None:
        self._hasher = PasswordHasher(time_cost=ROUNDS, memory_cost=memory_kib, parallelism=LANES)
        self._running = threading.BoundedSemaphore(at_once)
        self._inside = threading.BoundedSemaphore(at_once + waiting)
        self._seconds = seconds
        self._lock = threading.Lock()
        self._dummy = ""
        self.made = 0

    def hash(self, password: str) -> str:
        """The hash to keep. Refuses: TooManyAtOnce."""
        with _Turn(self):
            return self._hasher.hash(_bytes(password))

    def verify(self, password: str, hashed: str) -> bool:
        """Whether it is the password. An empty hash takes as long, and is nobody's. Refuses: TooManyAtOnce."""
        with _Turn(self):
            if not hashed and not self._dummy:
                self._dummy = self._hasher.hash(b"nobody's password")
            try:
                self._hasher.verify(hashed or self._dummy, _bytes(password))
            except (VerificationError, InvalidHashError):
                return False
            return bool(hashed)

    def outdated(self, hashed: str) -> bool:
        """Whether it was made with other settings than today's."""
        return self._hasher.check_needs_rehash(hashed)

    def warm(self) -> None:
        """Make what an unknown address is compared with, so that the first one takes no longer than the others."""
        self.verify("", "")

    def _enter(self) -> None:
        if not self._inside.acquire(blocking=False):
            raise TooManyAtOnce("Too many sign-ins at once; try again in a moment.", retry_after=2)
        if not self._running.acquire(timeout=self._seconds):
            self._inside.release()
            raise TooManyAtOnce("Too many sign-ins at once; try again in a moment.", retry_after=2)
        with self._lock:
            self.made += 1

    def _leave(self) -> None:
        self._running.release()
        self._inside.release()


class _Turn:
    """One of the few places."""

    def __init__(self, passwords: Argon2Passwords) -> None:
        self._passwords = passwords

    def __enter__(self) -> None:
        self._passwords._enter()

    def __exit__(self, *_: object) -> None:
        self._passwords._leave()


def _bytes(password: str) -> bytes:
    return password.encode("utf-8", "surrogatepass")
