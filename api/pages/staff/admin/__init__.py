"""Accounts of people, the audit of what they did, and how the service is."""
