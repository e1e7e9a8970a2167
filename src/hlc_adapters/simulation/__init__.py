"""Years of business in seconds: the real use cases over memory, a simulated bank and a virtual clock, from one seed.

What it does is judged by oracles that share nothing with the code they judge: the bank's own books, plain calendar
arithmetic, and sums of money on both sides.
"""
