"""A simulated year of events, each with a day, a place and other attributes, and its editions."""

import calendar
import datetime
import itertools
from typing import NamedTuple

import msgspec
import numpy as np

from analysis.disclosure import days_before_period
from analysis.editions import gate
from analysis.editions.chapters import groupings
from analysis.editions.inputs import text_window, year_windows
from survey.editions.caseload import AllegationComplaints, ReceivedCounts
from survey.editions.figures import CountedDays, GroupedFigures, RestatedFigure
from survey.editions.force import (
    EditionDisparity,
    EditionRateRatio,
    FiredShare,
    PeriodDeployments,
    TwelveMonths,
    VulnerableUses,
    WeeklyUses,
    YearCounts,
    YearRow,
)
from survey.editions.perception import AreaResponse, PerceptionComparison, SampleResponse
from survey.editions.texts import NewCodebook, ThemeCodebookEffect, ThemeShare
from survey.places import AreaGroup, Grouping
from survey.themes.demands import EditionCampaign
from tests.analysis.editions.made_up_edition import LONDON, bare_edition, estimate, rate

FIRST = datetime.date(2007, 10, 1)  # a Monday and the first of a month
DAYS = 65 * 7
WINDOW = 91
YEAR = 366
PLACES = tuple(f"E{place:08d}" for place in range(7))
# Two and three of few events, and one with the second most; the last place is in none.
UNITS = Grouping(
    "Units",
    (
        AreaGroup("unit-1", "First", PLACES[:2]),
        AreaGroup("unit-2", "Second", PLACES[2:5]),
        AreaGroup("unit-3", "Third", PLACES[5:6]),
    ),
)
TACTICS = ("fired", "drive_stunned", "arced", "red_dotted", "aimed", "drawn")
TACTIC_WEIGHTS = (0.4, 0.1, 0.5, 1.5, 1.2, 2.0)
AGES = {"0-10": 1, "11-17": 6, "18-34": 53, "35-49": 28, "50-64": 8, "65+": 2, "unknown": 2}
GROUPS = {"white": 47, "black": 34, "asian": 9, "mixed": 5, "other": 2, "unknown": 3}
DIMENSIONS = {"age": AGES, "ethnicity_officer": GROUPS}
REFERENCE = {"age": "35-49", "ethnicity_officer": "white"}
ETHNICITY_CODE = "officer-defined"
KINDS = {"under_18": ("0-10", "11-17"), "over_64": ("65+",)}
THEMES = {"fairness": 0.4, "presence": 0.2, "language": 0.05}
CAMPAIGNS = {"letters": (150, 175, 0.6), "a form": (260, 330, 0.25)}  # days, and share of texts
SOURCE = "Force A"
RESTATED = PLACES[-2:]  # the places with most uses
WEEKS_PER_CODEBOOK = 20  # weeks from one new codebook to the next
MENTAL_SHARE = 0.12
SENT = {"complete": 0.85, "partial": 0.11, "broken_off": 0.04}
INVITED = 900  # of each place
ABOUT_TASER_SHARE = 0.2
ONE_DAY = datetime.timedelta(days=1)


class SimulatedEvents(NamedTuple):
    """Events of one kind, one per row: day, place, and further columns."""

    day: np.ndarray
    place: np.ndarray
    columns: dict[str, np.ndarray]

    def where(self, **columns):
        """Which events have these values, as one boolean each."""
        found = np.ones(len(self.day), dtype=bool)
        for name, value in columns.items():
            mine = self.place if name == "place" else self.columns[name]
            found &= np.isin(mine, value)
        return found


class SimulatedYear:
    """Random events of each kind by day and borough, with the attributes that editions report."""

    def __init__(self, seed, days=DAYS):
        self.days = days
        dice = np.random.default_rng(seed)
        self.places = PLACES
        weekly = np.geomspace(0.08, 2.0, len(PLACES))

        def came(by_week):
            many = dice.poisson(by_week / 7, (days, len(PLACES)))
            day, place = (
                index.repeat(many.ravel()) for index in np.indices(many.shape).reshape(2, -1)
            )
            return day, np.array(PLACES)[place]

        def drawn(of, size):
            share = np.array([*of.values()]) / sum(of.values())
            return dice.choice([*of], size, p=share)

        uses, complaints = came(weekly), came(3 * weekly)
        answers, asked = came(4 * weekly[::-1]), came(8 * weekly)
        n = len(uses[0])
        self.kinds = {
            "uses": SimulatedEvents(
                *uses,
                {
                    "tactic": drawn(dict(zip(TACTICS, TACTIC_WEIGHTS, strict=True)), n),
                    "mental": dice.random(n) < MENTAL_SHARE,
                    **{dimension: drawn(of, n) for dimension, of in DIMENSIONS.items()},
                },
            ),
            "complaints": SimulatedEvents(
                *complaints, {"about": dice.random(len(complaints[0])) < ABOUT_TASER_SHARE}
            ),
            "open": SimulatedEvents(
                *answers,
                {theme: dice.random(len(answers[0])) < share for theme, share in THEMES.items()},
            ),
            # From a generator of its own, so that other events stay the same.
            "sampled": SimulatedEvents(
                *asked,
                {
                    "sent": np.random.default_rng((seed, 1)).choice(
                        [*SENT], len(asked[0]), p=[*SENT.values()]
                    )
                },
            ),
        }
        campaign = np.full(len(answers[0]), "", dtype=object)
        for name, (first, last, share) in CAMPAIGNS.items():
            inside = (answers[0] >= first) & (answers[0] < last)
            campaign[inside & (dice.random(len(campaign)) < share)] = name
        self.kinds["open"].columns["campaign"] = campaign
        self.was = dice.integers(-8, 9, (days, len(PLACES), len(TACTICS)))

    def which(self, series):
        """The kind of event that a series counts, and the column values that select its events."""
        kind, *_, last = series
        place = {} if last == LONDON else {"place": last}
        if kind in ("tactic", "persons", "group", "drawn", "fired", "restated", "told before"):
            return "uses", self.of_uses(series)
        if kind == "about":
            return "complaints", {"about": True}
        if kind in ("sent", "complete"):
            return "sampled", {"sent": last} if kind == "sent" else {"sent": kind} | place
        if kind == "all voices":
            return last, {"campaign": ""} if last == "open" else {}
        if kind in ("theme", "voices", "campaign", "recoded", "read before"):
            return "open", self.of_texts(series)
        return kind, place

    def of_uses(self, series):
        kind, *_, last = series
        if kind == "tactic":
            return {"tactic": last}
        if kind == "persons":
            return {"mental": True} if last == "mental" else {"age": KINDS[last]}
        if kind in ("restated", "told before"):
            return {"tactic": series[2], "place": last}
        return {series[1]: last} | ({"tactic": "fired"} if kind == "fired" else {})

    def of_texts(self, series):
        kind, *_, last = series
        if kind == "campaign":
            return {"campaign": series[1]}
        if kind in ("recoded", "read before"):
            return {last: True}
        place = {} if last == LONDON else {"place": last}
        return {series[2]: True, **place} | ({"campaign": ""} if kind == "voices" else {})

    def true(self, series, days):
        """The count behind a figure."""
        if series[0].endswith(" by group"):
            kind, group = series[0].removesuffix(" by group"), series[-1]
            areas = next(one.areas for one in UNITS.groups if one.code == group)
            return sum(self.true((kind, area), days) for area in areas)
        kind, common = self.which(series)
        events, (first, last) = self.kinds[kind], days
        return int(
            (
                events.where(**common)
                & (events.day >= day_number(first))
                & (events.day <= day_number(last))
            ).sum()
        )

    def voices(self, series, days):
        """The count with each campaign counted once: the texts of no campaign, plus the number of
        campaigns that sent the others.
        """
        kind, common = self.which(series)
        events, (first, last) = self.kinds[kind], days
        inside = (events.day >= day_number(first)) & (events.day <= day_number(last))
        sent = events.where(**{name: one for name, one in common.items() if name != "campaign"})
        campaigns = set(events.columns["campaign"][inside & sent]) - {""}
        return self.true(series, days) + len(campaigns)

    def rates(self, kind, days):
        return tuple(
            rate(name, self.true((kind, name), days), 200_000) for name in (LONDON, *PLACES)
        )

    def grouped(self, days):
        return GroupedFigures(
            name=UNITS.name,
            groups=UNITS.groups,
            complaints=tuple(groupings.group_rates(self.rates("complaints", days), UNITS)),
            deployments=tuple(groupings.group_rates(self.rates("uses", days), UNITS)),
        )

    def tactics(self, days):
        return tuple((tactic, self.true(("tactic", tactic), days)) for tactic in TACTICS)

    def edition(self, kind, start, end):
        """The edition of the period, before anything is withheld."""
        weekly, days = kind == "weekly", (start, end)
        since = end - (WINDOW - 1) * ONE_DAY if weekly else start
        index = end - 27 * ONE_DAY if weekly else start
        number, texts = (start - FIRST).days // 7, text_window(end)
        return msgspec.structs.replace(
            bare_edition(),
            kind=kind,
            start=start,
            end=end,
            rates_from=since,
            index_from=index,
            texts_from=texts[0],
            complaints=self.rates("complaints", (since, end)),
            deployments=self.rates("uses", (since, end)),
            tactics=self.tactics(days),
            uses_by_week=tuple(self.weeks(start)) if weekly else (),
            this_period=PeriodDeployments(
                events=self.true(("uses", LONDON), days),
                low=None,
                high=None,
                since=FIRST,
                cumulative=self.true(("uses", LONDON), (FIRST, end)),
                before=self.true(
                    ("uses", LONDON), days_before_period(bare_edition_of(kind, start))
                ),
            ),
            about_taser=self.about(days) if weekly else None,
            received=tuple(self.received(days)),
            persons=tuple(self.persons(days)),
            themes=tuple(self.themes(texts)),
            disparities=() if weekly else tuple(self.disparities(end)),
            fired=() if weekly else tuple(self.fired(end)),
            beside=() if weekly else tuple(self.beside(end)),
            campaigns=tuple(self.campaigns(texts)),
            new_codebook=self.new_codebook(texts, number),
            restated=tuple(self.restated((since, end))),
            twelve_months=None if weekly else self.twelve_months(start, end),
            grouped=() if weekly else (self.grouped((since, end)),),
            **({} if weekly else self.response(end)),
        )

    def twelve_months(self, start, end):
        """The sums of twelve months, once there are so many, and of those before them."""
        now, before = year_windows(start, end)
        if now[0] < FIRST:
            return None
        counts = tuple(
            YearCounts(
                measure=measure,
                counted=counted_days(*now),
                counted_before=counted_days(*before),
                rows=tuple(self.year_rows(kind, now, before)),
            )
            for measure, kind in (("complaints", "complaints"), ("deployments", "uses"))
        )
        return TwelveMonths(start=now[0], end=end, before=before[0], counts=counts)

    def year_rows(self, kind, now, before):
        earlier = self.rates(kind, before) if before[0] >= FIRST else ()
        was = {one.domain: one for one in earlier}
        for one in self.rates(kind, now):
            yield YearRow(domain=one.domain, now=one, before=was.get(one.domain))

    def response(self, end):
        """Who answered since the survey began, of all who were invited."""
        days, names = (FIRST, end), ("refused", "not_reached", "unable", "undelivered")
        areas = [(place, self.true(("complete", place), days)) for place in PLACES]
        return {
            "response": SampleResponse(
                since=FIRST,
                recorded=False,
                invited=INVITED * len(PLACES),
                answered=self.true(("sampled", LONDON), days),
                **{name: self.true(("sent", name), days) for name in SENT},
                **dict.fromkeys((*names, "ineligible"), 0),
                silent=None,
            ),
            "response_by_area": tuple(
                AreaResponse(area=place, invited=INVITED, complete=n, rr1=n / INVITED)
                for place, n in areas
            ),
        }

    def campaigns(self, days):
        for name in CAMPAIGNS:
            if texts := self.true(("campaign", name, "open"), days):
                first, last = days
                yield EditionCampaign(
                    id=name, stream="open", themes=(), texts=texts, first=first, last=last
                )

    def new_codebook(self, days, number):
        """Every 20 weeks a new codebook, under which each theme is found half as often again."""
        if number % WEEKS_PER_CODEBOOK:
            return None
        rows = [
            ThemeCodebookEffect(
                theme=theme, name=theme, stream="open", before=2 * after // 3, after=after
            )
            for theme in THEMES
            for after in [self.true(("recoded", "open", theme), days)]
        ]
        return NewCodebook(before=1, reasons=(), changes=(), texts=None, recoded=tuple(rows))

    def restated(self, days):
        """Restated counts, by place and tactic, of the quarters that end in the window."""
        for end in quarter_ends():
            if days[0] <= end <= days[1]:
                for place, tactic in itertools.product(RESTATED, TACTICS):
                    whole = quarter_start(end), end
                    now = self.true(("restated", SOURCE, tactic, place), whole)
                    was = (
                        now + self.was[day_number(end), PLACES.index(place), TACTICS.index(tactic)]
                    )
                    yield RestatedFigure(
                        source=SOURCE,
                        area=place,
                        start=whole[0],
                        end=end,
                        tactic=tactic,
                        was=max(int(was), 0),
                        now=now,
                    )

    def weeks(self, start):
        for back in range(12, -1, -1):
            first = start - back * 7 * ONE_DAY
            yield WeeklyUses(first, self.tactics((first, first + 6 * ONE_DAY)))

    def about(self, days):
        found = rate(LONDON, self.true(("about", LONDON), days), 200_000)
        return AllegationComplaints(allegation="force", rate=found, median=None)

    def received(self, days):
        for name in (LONDON, *PLACES):
            yield ReceivedCounts(
                domain=name,
                **{
                    kind: self.true((kind, name), days)
                    for kind in ("sampled", "open", "complaints")
                },
                open_voices=self.voices(("all voices", "open"), days) if name == LONDON else None,
            )

    def persons(self, days):
        weekly = (days[1] - days[0]).days == 6
        since = days[1] - (WINDOW - 1) * ONE_DAY if weekly else quarter_start(days[1])
        for kind in (*KINDS, "mental"):
            yield VulnerableUses(
                kind=kind,
                period=self.true(("persons", kind), days),
                since=since,
                window=self.true(("persons", kind), (since, days[1])),
                typical=None,
            )

    def themes(self, days):
        for theme in THEMES:
            for name in (LONDON, *PLACES):
                yield ThemeShare(
                    theme=theme,
                    name=theme,
                    stream="open",
                    domain=name,
                    texts=self.true(("theme", "open", theme, name), days),
                    voices=self.voices(("voices", "open", theme, name), days),
                    share=None,
                    low=None,
                    high=None,
                )

    def disparities(self, end):
        since = max(FIRST, end - (YEAR - 1) * ONE_DAY)
        for dimension, of in DIMENSIONS.items():
            counts = {
                group: self.true(("group", dimension, ETHNICITY_CODE, group), (since, end))
                for group in of
            }
            reference = REFERENCE[dimension]
            for group in of:
                if group not in (reference, "unknown"):
                    ratio = counts[group] / max(counts[reference], 1)
                    yield EditionDisparity(
                        dimension=dimension,
                        code=ETHNICITY_CODE,
                        group=group,
                        reference=reference,
                        benchmark="residents",
                        events=counts[group],
                        reference_events=counts[reference],
                        people=200_000,
                        per_10_000=None,
                        shown=EditionRateRatio(ratio, None, None),
                        exact=EditionRateRatio(ratio, None, None),
                        adjusted=None,
                        unknown=counts["unknown"] / sum(counts.values()),
                        tipping=(None, None),
                        sentence="",
                        since=since,
                        until=end,
                    )

    def fired(self, end):
        since = max(FIRST, end - (YEAR - 1) * ONE_DAY)
        for dimension, of in DIMENSIONS.items():
            for group in of:
                if group != "unknown":
                    drawn, hit = (
                        self.true((kind, dimension, group), (since, end))
                        for kind in ("drawn", "fired")
                    )
                    yield FiredShare(
                        dimension=dimension,
                        group=group,
                        drawn=drawn,
                        fired=hit,
                        share=hit / max(drawn, 1),
                        low=None,
                        high=None,
                        p=None if group == REFERENCE[dimension] else 0.5,
                        since=since,
                        until=end,
                    )

    def beside(self, end):
        """Published perception and deployments of the quarters that are over."""
        for last in quarter_ends():
            first = quarter_start(last)
            if last <= end:
                for name in PLACES:
                    yield PerceptionComparison(
                        quarter_end=last,
                        item="confidence",
                        perception=estimate(name, 150, 60),
                        deployments=rate(name, self.true(("uses", name), (first, last)), 200_000),
                    )


def bare_edition_of(kind, start):
    return msgspec.structs.replace(bare_edition(), kind=kind, start=start)


def day_number(of):
    return (of - FIRST).days


def counted_days(start, end):
    """All of these days."""
    return CountedDays(start=start, end=end, first=start, last=end, days=(end - start).days + 1)


def edition_periods(days=DAYS):
    """Weeks from the fourteenth, and months, in the order in which they end."""
    weeks = [
        ("weekly", FIRST + 7 * week * ONE_DAY, FIRST + (7 * week + 6) * ONE_DAY)
        for week in range(12, days // 7)
    ]
    months = []
    start = datetime.date(2008, 1, 1)
    while (end := month_end(start)) < FIRST + days * ONE_DAY:
        months.append(("monthly", start, end))
        start = end + ONE_DAY
    return sorted([*weeks, *months], key=lambda one: (one[2], one[0]))


def quarter_ends():
    """The last days of the quarters that end within the simulated days."""
    for year, month in ((2007, 12), (2008, 3), (2008, 6), (2008, 9), (2008, 12)):
        yield month_end(datetime.date(year, month, 1))


def quarter_start(end):
    """The first day of the three months that end on a day."""
    return (end.replace(day=1) - 45 * ONE_DAY).replace(day=1)


def month_end(start):
    return start.replace(day=calendar.monthrange(start.year, start.month)[1])


def known_counts(found):
    """The editions as production hands them to the gate of a later one."""
    return [gate.edition_with_counts(one) for one in found]


def published_editions(year, most=None):
    """Every edition of the year (or the first `most`), each gated with all before it."""
    found = []
    for kind, start, end in edition_periods()[:most]:
        found.append(gate.safe_edition(year.edition(kind, start, end), known_counts(found)))
    return found
