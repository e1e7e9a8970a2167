"""The verbs of subscriptions, one file for each group."""
