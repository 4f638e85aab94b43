"""Answers as they come: from pages, programs, phones, kiosks, tables and other installations."""
