"""What must be true of the books at every moment, each rule once."""
