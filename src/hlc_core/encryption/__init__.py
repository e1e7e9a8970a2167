"""Encryption: the life of the keys under which an organization's health and personal data is stored."""
