"""Taking files over: reading them safely, previewing, importing in batches that can be interrupted."""
