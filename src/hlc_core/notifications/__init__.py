"""Notifications: telling patients what has settled."""
