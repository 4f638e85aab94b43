"""Sending mails: new editions to subscribers, news of a case, reminders to staff."""
