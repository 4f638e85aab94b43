"""All cases: the inbox, searches, acting on several at once, figures."""
