"""Accounts, jobs that failed, and the audit."""
