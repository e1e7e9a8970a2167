"""What the build runs: import contracts, diagrams."""
