"""An edition: the report as frozen on one day, and everything that stands in it."""

import datetime
from typing import Literal

import msgspec

from survey.actions import Action
from survey.alerts import Alert
from survey.campaigns import CampaignSeen
from survey.caseload import OF_TASER, Told
from survey.changes import Moved
from survey.disparities import Disparity, Fired, Persons
from survey.double_coding import Accuracy
from survey.double_coding import Standing as ReadingStanding
from survey.funnels import Funnel
from survey.panels import Complained, Profile, Start
from survey.quotes import Quote
from survey.reports import (
    Association,
    Beside,
    Estimate,
    Mark,
    NewCodebook,
    Point,
    Rate,
    Received,
    Restated,
    ThemeShare,
    Tile,
)
from survey.samples import Agreement, OfGroup, Reliable, SmallArea, Weighting
from survey.weeks import About, Completeness, Finding, Quality, ThisPeriod, WeekOfUses

IDENTITY = (
    *("kind", "start", "end", "number", "data_as_of", "city", "synthetic", "method_version"),
    *("population_basis", "codebook", "headline", "index_from", "rates_from", "gate"),
)
COUNTS = (
    *("received", "complaints", "deployments", "tactics", "themes", "beside", "this_period"),
    *("uses_by_week", "about_taser", "persons", "disparities", "fired"),
)


class Edition(msgspec.Struct, frozen=True, kw_only=True):
    """A report as frozen on one day; a later one is another edition, never an overwrite.

    `gate` is the version of the disclosure gate that it passed, 0 before they were counted.
    """

    kind: Literal["weekly", "monthly"]
    start: datetime.date
    end: datetime.date
    number: int
    data_as_of: datetime.date
    city: str
    synthetic: bool
    method_version: str
    population_basis: str
    codebook: int
    headline: tuple[str, ...]
    received: tuple[Received, ...] = ()
    index: tuple[Estimate, ...] = ()
    index_series: tuple[Point, ...] = ()
    beside: tuple[Beside, ...] = ()
    published_association: Association | None = None
    complaints: tuple[Rate, ...] = ()
    deployments: tuple[Rate, ...] = ()
    tactics: tuple[tuple[str, int | None], ...] = ()
    themes: tuple[ThemeShare, ...] = ()
    association: Association | None = None
    tiles: tuple[Tile, ...] = ()
    caveats: tuple[str, ...] = ()
    withheld: int = 0
    index_from: datetime.date | None = None
    rates_from: datetime.date | None = None
    marks: tuple[Mark, ...] = ()
    attribution: tuple[str, ...] = ()
    accuracy: Accuracy | None = None
    reading: ReadingStanding | None = None
    campaigns: tuple[CampaignSeen, ...] = ()
    quotes: tuple[Quote, ...] = ()
    new_codebook: NewCodebook | None = None
    restated: tuple[Restated, ...] = ()
    code_version: str = ""
    inputs_sha256: str = ""
    seeds: tuple[tuple[str, int], ...] = ()
    completeness: Completeness | None = None
    this_period: ThisPeriod | None = None
    uses_by_week: tuple[WeekOfUses, ...] = ()
    about_taser: About | None = None
    persons: tuple[Persons, ...] = ()
    findings: tuple[Finding, ...] = ()
    alerts: tuple[Alert, ...] = ()
    moved: tuple[Moved, ...] = ()
    actions: tuple[Action, ...] = ()
    weighting: Weighting | None = None
    reliability: Reliable | None = None
    agreement: tuple[Agreement, ...] = ()
    groups: tuple[OfGroup, ...] = ()
    small_areas: tuple[SmallArea, ...] = ()
    funnels: tuple[Funnel, ...] = ()
    disparities: tuple[Disparity, ...] = ()
    fired: tuple[Fired, ...] = ()
    disparity_caveats: tuple[str, ...] = ()
    complained: Complained | None = None
    profile: Profile | None = None
    starts: tuple[Start, ...] = ()
    quality: tuple[Quality, ...] = ()
    disclosure: tuple[Quality, ...] = ()
    planted: str = ""
    gate: int = 0


class Safe(Edition, frozen=True, kw_only=True):
    """An edition that has passed the disclosure gate, which alone makes one: only such are kept."""


def counts_of_cases(told: Told, city: str) -> Safe:
    """What a file of figures on cases told of complaints, as an edition of its days tells it."""
    whole = told.measures[0].complaints
    of_taser = next((row.total for row in told.kinds if row.kind == OF_TASER), None)
    return Safe(
        kind="monthly",
        start=told.start,
        end=told.end,
        number=1,
        data_as_of=told.as_of,
        city=city,
        synthetic=False,
        method_version="",
        population_basis="",
        codebook=0,
        headline=(),
        rates_from=told.start,
        complaints=tuple(one.complaints for one in told.measures),
        about_taser=About(
            allegation=OF_TASER, rate=msgspec.structs.replace(whole, events=of_taser), median=None
        ),
    )


def counts_alone(edition: Safe) -> Safe:
    """An edition with the counts that it told, and no more."""
    kept = {name: getattr(edition, name) for name in (*IDENTITY, *COUNTS)}
    return Safe(**kept)
