"""Counts and rates of events, by area, time and group."""
