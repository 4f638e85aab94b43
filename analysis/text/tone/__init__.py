"""The tone of a text: lexicons, masked words of identity, and heads learned from labels."""
