"""People: their logins' owners, their roles in each organization, invitations, acting for others."""
