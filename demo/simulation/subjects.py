"""On whom force is used in the simulated city, and who is stopped and searched, with known truth.

Of N_g residents a group g is drawn in proportion to ratio_g·N_g over the whole city, so that
the ratio of two rates per resident is that of their two ratios whichever borough it happens in.
Nothing else depends on a group: neither what was done, nor the place, nor the day.
"""

import datetime
from collections import Counter
from collections.abc import Mapping

from demo.simulation.streams import array_stream
from survey.deployments.counts import DeploymentCount

NOT_RECORDED = 0.05
SEARCHES_PER_10_000 = 15.0  # a month
# Categories of a subject that depend on nothing else, by dimension, with their shares.
SUBJECT_SHARES: dict[str, dict[str, float]] = {
    "age": {
        "0-10": 0.001,
        "11-17": 0.064,
        "18-34": 0.5,
        "35-49": 0.275,
        "50-64": 0.11,
        "65+": 0.02,
        "unknown": 0.03,
    },
    "sex": {"male": 0.86, "female": 0.12, "unknown": 0.02},
    "health": {"none": 0.7, "mental": 0.19, "physical": 0.04, "both": 0.02, "unknown": 0.05},
}
MONTH = datetime.timedelta(days=31)


class SubjectSimulator:
    """Uses its own random generator, so that all other draws from a seed stay the same."""

    def __init__(self, seed: int, residents: Mapping[str, float]) -> None:
        self.random = array_stream(seed, "subjects")
        self.residents = residents

    def shares(self, times: Mapping[str, float]) -> dict[str, float]:
        """The share of each group, and of those whose group was not recorded."""
        raw = {group: times[group] * n for group, n in self.residents.items()}
        whole = sum(raw.values()) / (1 - NOT_RECORDED)
        return {group: n / whole for group, n in raw.items()} | {"unknown": NOT_RECORDED}

    def groups(self, times: Mapping[str, float]) -> tuple[str, ...]:
        """What is recorded of one subject, as categories of published counts."""
        shares = {"ethnicity_officer": self.shares(times), **SUBJECT_SHARES}
        return tuple(f"{dimension}:{self.pick(among)}" for dimension, among in shares.items())

    def pick(self, among: Mapping[str, float]) -> str:
        return list(among)[int(self.random.choice(len(among), p=list(among.values())))]

    def searches(
        self,
        times: Mapping[str, float],
        people: Mapping[str, float],
        start: datetime.date,
        end: datetime.date,
    ) -> list[DeploymentCount]:
        """Stops and searches of the months that lie inside start to end, by perceived ethnicity.

        `people` residents by area.
        """
        shares = self.shares(times)
        counted: Counter[tuple[str, datetime.date, str]] = Counter()
        for month in whole_months(start, end):
            for area, residents in people.items():
                number = int(self.random.poisson(SEARCHES_PER_10_000 * residents / 10_000))
                counted[area, month, "all"] = number
                # Drawn together, so that the groups add up to the whole.
                split = self.random.multinomial(number, list(shares.values())).tolist()
                for group, n in zip(shares, split, strict=True):
                    counted[area, month, f"ethnicity_officer:{group}"] = n
        return [search_count(cell, number) for cell, number in sorted(counted.items())]


def whole_months(start: datetime.date, end: datetime.date) -> list[datetime.date]:
    """The first days of the whole months inside start to end."""
    found, month = [], start if start.day == 1 else next_month(start)
    while next_month(month) <= end + datetime.timedelta(days=1):
        found.append(month)
        month = next_month(month)
    return found


def next_month(day: datetime.date) -> datetime.date:
    # 31 days after the first of any month lie in the next one.
    return (day.replace(day=1) + MONTH).replace(day=1)


def search_count(cell: tuple[str, datetime.date, str], number: int) -> DeploymentCount:
    area, month, group = cell
    return DeploymentCount(
        area=area,
        start=month,
        end=next_month(month) - datetime.timedelta(days=1),
        measure="searches",
        tactic="stop_search",
        group=group,
        count=number,
    )
