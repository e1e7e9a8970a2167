"""What can be done to logins, sessions, passwords, second factors and keys."""
