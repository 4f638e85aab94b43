"""What pages, JSON, commands and jobs share: submitting, complaining, acting on a case,
import, export.
"""
