"""Mails: their wording, and the ways to send them."""
