"""Turns area codes and times into numbers of boroughs and days."""

import datetime
from collections.abc import Sequence

import numpy as np

from analysis.statistics.sampling.variance import Ints
from api import clock
from survey.places import City


class AreaDays:
    """The boroughs in their order, and the day that is number 0."""

    def __init__(self, city: City, first: datetime.date) -> None:
        areas = city.local_areas()
        self.city = city.name
        self.codes = [area.code for area in areas]
        self.number = {code: i for i, code in enumerate(self.codes)}
        self.first = first

    def areas(self, codes: Sequence[str]) -> Ints:
        return np.array([self.number[code] for code in codes], dtype=np.int64)

    def days(self, moments: Sequence[datetime.datetime]) -> Ints:
        # The driver gives UTC: in summer, the hour after midnight would fall on the day before.
        found = [moment.astimezone(clock.LONDON).date() for moment in moments]
        return np.array([(day - self.first).days for day in found], dtype=np.int64)
