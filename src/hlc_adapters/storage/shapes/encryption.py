"""Shapes of encryption: flat and not sealed, for keys are wrapped, and needed before anything can be opened."""

from hlc_adapters.storage.shape import Shape, boolean, instant, integer, text
from hlc_core.encryption.machine import MACHINE
from hlc_core.encryption.model import EncryptionKey

ENCRYPTION_KEYS: Shape[EncryptionKey] = Shape(
    "encryption_keys",
    EncryptionKey,
    (
        text("purpose"),
        integer("number"),
        text("state"),
        text("wrapped"),
        text("master"),
        instant("made_at"),
        boolean("whole"),
        instant("replaced_at"),
        instant("destroyed_at"),
    ),
    machine=MACHINE,
    kind="encryption_key",
    flat=True,
    shared=True,
)

SHAPES = (ENCRYPTION_KEYS,)
