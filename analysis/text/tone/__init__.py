"""The tone of a text: lexicons, masked words of identity, and the corrected confidence."""
