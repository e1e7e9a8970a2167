"""What tests share: builders, clocks, worlds, servers."""
