"""The pure domain core of HLC: no clock, no randomness, no input or output of its own."""

__version__ = "0.1.0"
