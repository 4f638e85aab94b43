"""The places on which tests run: London and West Midlands."""

from survey.sources import places

PLACES = {"London": places.LONDON, "West Midlands": places.WEST_MIDLANDS}
