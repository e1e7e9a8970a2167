"""Permission keys, and which kinds of actors hold them."""
