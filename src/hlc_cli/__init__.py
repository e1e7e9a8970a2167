"""The operator command line `hlc`."""
