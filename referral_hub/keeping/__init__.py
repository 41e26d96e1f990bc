"""Keeping an installation for years: backup, restore, the keyring on paper, and what is missing in words."""
