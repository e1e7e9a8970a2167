"""The billing run: what is due, in words, and doing it in batches. Source: spec/billing, The billing run."""
