"""A year of events by day, place and tactic, and the editions that tell of it."""

import calendar
import datetime

import msgspec
import numpy as np

from analysis import disclosure
from survey.reports import Received
from survey.weeks import ThisPeriod, WeekOfUses
from tests.unit.editions import LONDON, bare, rate

FIRST = datetime.date(2007, 10, 1)  # a Monday and the first of a month
DAYS = 65 * 7
WINDOW = 91
TACTICS = ("fired", "drive_stunned", "arced", "red_dotted", "aimed", "drawn")
ONE = datetime.timedelta(days=1)


class Year:
    """Events by day and borough of each kind; uses by tactic too."""

    def __init__(self, seed, places=7):
        dice = np.random.default_rng(seed)
        self.places = tuple(f"E{place:08d}" for place in range(places))
        common = np.array([0.4, 0.1, 0.5, 1.5, 1.2, 2.0])[: len(TACTICS)]
        weekly = np.geomspace(0.08, 2.0, places)
        by_tactic = dice.poisson(
            weekly[:, None] / 7 * common / common.sum(), (DAYS, places, len(TACTICS))
        )
        self.tactics = by_tactic.sum(axis=1)
        self.counts = {
            "uses": by_tactic.sum(axis=2),
            "complaints": dice.poisson(3 * weekly / 7, (DAYS, places)),
            "open": dice.poisson(4 * weekly[::-1] / 7, (DAYS, places)),
        }

    def of(self, kind, first, last):
        """Counts of the city, then by borough."""
        rows = self.counts[kind][day(first) : day(last) + 1].sum(axis=0)
        return int(rows.sum()), *rows.tolist()

    def true(self, series, days):
        """The count behind a figure."""
        kind, place = series
        if kind == "tactic":
            return dict(self.uses(*days))[place]
        return self.of(kind, *days)[(LONDON, *self.places).index(place)]

    def rates(self, kind, first, last):
        names = (LONDON, *self.places)
        return tuple(
            rate(name, count, 200_000)
            for name, count in zip(names, self.of(kind, first, last), strict=True)
        )

    def uses(self, first, last):
        rows = self.tactics[day(first) : day(last) + 1].sum(axis=0)
        return tuple(zip(TACTICS, rows.tolist(), strict=True))

    def edition(self, kind, start, end):
        """What an edition of the period would tell, before anything is withheld."""
        since = end - (WINDOW - 1) * ONE if kind == "weekly" else start
        weeks = [start - back * 7 * ONE for back in range(12, -1, -1)] if kind == "weekly" else []
        came = zip(
            (LONDON, *self.places),
            self.of("open", start, end),
            self.of("complaints", start, end),
            strict=True,
        )
        return msgspec.structs.replace(
            bare(),
            kind=kind,
            start=start,
            end=end,
            rates_from=since,
            index_from=since,
            complaints=self.rates("complaints", since, end),
            deployments=self.rates("uses", since, end),
            tactics=self.uses(start, end),
            uses_by_week=tuple(WeekOfUses(one, self.uses(one, one + 6 * ONE)) for one in weeks),
            this_period=ThisPeriod(
                events=self.of("uses", start, end)[0],
                low=None,
                high=None,
                since=FIRST,
                cumulative=self.of("uses", FIRST, end)[0],
            ),
            received=tuple(
                Received(domain=domain, sampled=None, open=open_, complaints=complaints)
                for domain, open_, complaints in came
            ),
        )


def day(of):
    return (of - FIRST).days


def periods():
    """Weeks from the fourteenth, and months, in the order in which they end."""
    weeks = [
        ("weekly", FIRST + 7 * week * ONE, FIRST + (7 * week + 6) * ONE) for week in range(12, 65)
    ]
    months = []
    start = datetime.date(2008, 1, 1)
    while (end := month_end(start)) < FIRST + DAYS * ONE:
        months.append(("monthly", start, end))
        start = end + ONE
    return sorted([*weeks, *months], key=lambda one: (one[2], one[0]))


def month_end(start):
    return start.replace(day=calendar.monthrange(start.year, start.month)[1])


def told(year):
    """Every edition of the year, each through the gate after all before it."""
    found = []
    for kind, start, end in periods():
        found.append(disclosure.edition(year.edition(kind, start, end), found))
    return found
