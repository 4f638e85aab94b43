"""What a simulated city wrote in forty weeks: texts, their days, and which were one letter."""

import datetime

from demo.simulation import CitySimulator
from tests.analysis.editions.simulated_inputs import CODES, area_populations

FIRST = datetime.date(2025, 11, 24)
WEEKS = 40
GROUPS = {"asian": 0.2, "black": 0.13, "mixed": 0.05, "white": 0.55, "other": 0.07}
OF_THE_LETTER = "school grounds"


def written(seed: int) -> tuple[list[str], list[datetime.date], set[int]]:
    """Texts of those who chose to write or complained; the places of those that are the letter."""
    adults, residents = area_populations(seed)
    end = datetime.datetime(2027, 1, 1, tzinfo=datetime.UTC)
    world = CitySimulator(seed, CODES, adults, residents, GROUPS).world(FIRST, WEEKS, end)
    voices = [one for one in (*world.volunteers, *world.complainants) if one.written.text]
    texts = [one.written.text for one in voices]
    sent = {place for place, text in enumerate(texts) if OF_THE_LETTER in text}
    return texts, [one.moment.date() for one in voices], sent
