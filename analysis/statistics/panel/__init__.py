"""Perception and deployments over areas and periods, and how robust that association is."""
