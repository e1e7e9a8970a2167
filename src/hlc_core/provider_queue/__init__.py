"""The provider queue: everything that waits for a prescriber."""
