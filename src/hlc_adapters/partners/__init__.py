"""The edge to partners: payloads, secrets, and the one inbox."""
