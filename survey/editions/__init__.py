"""An edition: the report of one period as frozen on one day, with all its parts; the counts alone
of other reports as one; and the figure that an alert is about.
"""

import datetime
from collections.abc import Callable

import msgspec
from msgspec.structs import replace

from survey.editions import figures, force, perception, texts
from survey.editions.actions import (
    Action,
    Alert,
    AlertUnit,
    ChangeDecomposition,
    EditionFinding,
    EditionKey,
    EditionKind,
)
from survey.editions.caseload import (
    OF_TASER,
    AllegationComplaints,
    ComplaintRatio,
    ReceivedCounts,
    SafeCaseload,
)
from survey.editions.recommendations import EditionRecommendation, TrialOutcome
from survey.editions.scrutiny import SafeMeetingReport
from survey.sentences import SentenceSource
from survey.themes.demands import EditionCampaign
from survey.themes.double_coding import Accuracy, ThemeCheck, ToneCheck
from survey.themes.double_coding import ReadingStatus as ReadingStanding
from survey.themes.quotes import PrintedQuote

# Which edition it is, and the days that its counts are about.
IDENTITY_FIELDS = (
    *("kind", "start", "end", "number", "data_as_of", "city", "synthetic", "method_version"),
    *("population_basis", "codebook", "headline", "index_from", "rates_from", "gate"),
    *("rates_counted", "period_counted", "as_published", "texts_from"),
)


INDEX_DAYS = 28  # in a weekly edition


class Correction(msgspec.Struct, frozen=True):
    """The number of the published edition of the same period that this edition corrects, and why; 0
    if none was published before.
    """

    number: int
    why: str


class Edition(msgspec.Struct, frozen=True, kw_only=True):
    """A report as frozen on one day; a later one is another edition, never an overwrite.

    `as_published` names the publisher whose open table the deployments repeat exactly; it is empty
    where they are rounded and withheld. `compared_start` is the first day of the edition that
    figures are compared with. `uncollected` names the streams of which nothing came in the year to
    the end of the period. `gate` is the version of the disclosure gate that it passed, 0 before
    gates were numbered. `sentences` holds the parts that sentences in other fields are made of.
    `complained` is about complaints of the week after deployments, `complained_same_week` of their
    own week. `tables` are the figures of those chapters that have no field of their own.
    """

    kind: EditionKind
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
    # A field that is added later needs a default: stored editions lack it and are still read.
    received: tuple[ReceivedCounts, ...] = ()
    index: tuple[figures.Estimate, ...] = ()
    index_series: tuple[perception.SeriesPoint, ...] = ()
    beside: tuple[perception.PerceptionComparison, ...] = ()
    published_association: figures.Association | None = None
    complaints: tuple[figures.Rate, ...] = ()
    deployments: tuple[figures.Rate, ...] = ()
    tactics: tuple[tuple[str, int | None], ...] = ()
    themes: tuple[texts.ThemeShare, ...] = ()
    association: figures.Association | None = None
    tiles: tuple[perception.AreaTile, ...] = ()
    caveats: tuple[str, ...] = ()
    withheld: int = 0
    index_from: datetime.date | None = None
    rates_from: datetime.date | None = None
    rates_counted: figures.CountedDays | None = None
    period_counted: figures.CountedDays | None = None
    as_published: str = ""
    marks: tuple[figures.SeriesMark, ...] = ()
    attribution: tuple[str, ...] = ()
    accuracy: Accuracy | None = None
    reading: ReadingStanding | None = None
    campaigns: tuple[EditionCampaign, ...] = ()
    quotes: tuple[PrintedQuote, ...] = ()
    new_codebook: texts.NewCodebook | None = None
    restated: tuple[figures.RestatedFigure, ...] = ()
    code_version: str = ""
    inputs_sha256: str = ""
    seeds: tuple[tuple[str, int], ...] = ()
    completeness: figures.Completeness | None = None
    this_period: force.PeriodDeployments | None = None
    uses_by_week: tuple[force.WeeklyUses, ...] = ()
    about_taser: AllegationComplaints | None = None
    persons: tuple[force.VulnerableUses, ...] = ()
    findings: tuple[EditionFinding, ...] = ()
    alerts: tuple[Alert, ...] = ()
    moved: tuple[ChangeDecomposition, ...] = ()
    actions: tuple[Action, ...] = ()
    weighting: perception.Weighting | None = None
    reliability: perception.IndexReliability | None = None
    agreement: tuple[perception.ItemAgreement, ...] = ()
    groups: tuple[perception.GroupEstimate, ...] = ()
    small_areas: tuple[perception.SmallAreaEstimate, ...] = ()
    funnels: tuple[force.Funnel, ...] = ()
    disparities: tuple[force.EditionDisparity, ...] = ()
    fired: tuple[force.FiredShare, ...] = ()
    disparity_caveats: tuple[str, ...] = ()
    complained: ComplaintRatio | None = None
    profile: force.EditionLagProfile | None = None
    starts: tuple[force.StartEffect, ...] = ()
    quality: tuple[figures.QualityNote, ...] = ()
    disclosure: tuple[figures.QualityNote, ...] = ()
    planted: str = ""
    lead: tuple[str, ...] = ()
    last_figures: tuple[figures.LastFigure, ...] = ()
    gate: int = 0
    sentences: tuple[SentenceSource, ...] = ()
    complained_same_week: ComplaintRatio | None = None
    themeless: tuple[texts.ThemelessTexts, ...] = ()
    proposed: tuple[texts.WaitingProposal, ...] = ()
    tones: tuple[texts.NetSentiment, ...] = ()
    tone_checks: tuple[ToneCheck, ...] = ()
    theme_checks: tuple[ThemeCheck, ...] = ()
    response: perception.SampleResponse | None = None
    response_by_area: tuple[perception.AreaResponse, ...] = msgspec.field(
        default=(), name="response_by_borough"
    )
    represented: tuple[perception.GroupRepresentation, ...] = ()
    twelve_months: force.TwelveMonths | None = None
    published_past: perception.PublishedPast | None = None
    monthly_deployments: figures.MonthlyDeployments | None = None
    trends: tuple[figures.SeasonalTrend, ...] = ()
    tone_version: texts.ToneVersion | None = None
    scrutiny: tuple[SafeMeetingReport, ...] = ()
    compared_start: datetime.date | None = None
    correction: Correction | None = None
    texts_from: datetime.date | None = None
    uncollected: tuple[str, ...] = ()
    tables: tuple[figures.FigureTable, ...] = ()
    history: figures.ReportHistory | None = None
    recommendations: tuple[EditionRecommendation, ...] = ()
    grouped: tuple[figures.GroupedFigures, ...] = ()
    trial: TrialOutcome | None = None

    def tables_of(self, kind: str, *key: str) -> tuple[figures.FigureTable, ...]:
        """The tables of figures of one kind whose key begins with `key`."""
        return tuple(
            table for table in self.tables if table.kind == kind and table.key[: len(key)] == key
        )

    @property
    def which(self) -> EditionKey:
        return EditionKey(self.kind, self.start, self.number)


class SafeEdition(Edition, frozen=True, kw_only=True):
    """An edition that passed the disclosure gate, which alone makes one: only these are stored."""


def window_before(kind: str, start: datetime.date) -> datetime.date:
    """The first day of the edition whose index window ends just before this edition's index window
    begins.
    """
    if kind == "weekly":
        return start - datetime.timedelta(days=INDEX_DAYS)
    return (start - datetime.timedelta(days=1)).replace(day=1)


def edition_from_caseload(caseload: SafeCaseload, city: str) -> SafeEdition:
    """An edition made only of the complaint counts that a file of case figures published.

    With it, the disclosure gate can compare that file with editions of the same days.
    """
    whole = caseload.measures[0].complaints
    of_taser = next((row.total for row in caseload.kinds if row.kind == OF_TASER), None)
    return SafeEdition(
        kind="monthly",
        start=caseload.start,
        end=caseload.end,
        number=1,
        data_as_of=caseload.as_of,
        city=city,
        synthetic=False,
        method_version="",
        population_basis="",
        codebook=0,
        headline=(),
        rates_from=caseload.start,
        complaints=tuple(measure.complaints for measure in caseload.measures),
        about_taser=AllegationComplaints(
            allegation=OF_TASER, rate=replace(whole, events=of_taser), median=None
        ),
    )


def edition_from_report(report: SafeMeetingReport, city: str) -> SafeEdition:
    """An edition made only of the counts that the report of a scrutiny panel published."""
    return SafeEdition(
        kind="monthly",
        start=report.first or report.held_on,
        end=report.last or report.held_on,
        number=1,
        data_as_of=report.as_of,
        city=city,
        synthetic=report.synthetic,
        method_version="",
        population_basis="",
        codebook=0,
        headline=(),
        scrutiny=(report,),
    )


# The figure of an edition for a place and for what the alert is about.
FigureOfAlert = Callable[[Edition, str, str], float | None]


def index_value(edition: Edition, domain: str, _of: str) -> float | None:
    return next((figure.value for figure in edition.index if figure.domain == domain), None)


def rate_value(rates: tuple[figures.Rate, ...], domain: str) -> float | None:
    return next((rate.per_10_000 for rate in rates if rate.domain == domain), None)


def theme_texts(edition: Edition, domain: str, of: str) -> float | None:
    """The number of texts on the theme in the stream where that number is largest; None if there
    are no texts.
    """
    counts = [
        theme.texts or 0 for theme in edition.themes if (theme.theme, theme.domain) == (of, domain)
    ]
    return max(counts, default=0) or None


FIGURES: dict[str, tuple[AlertUnit, FigureOfAlert]] = {
    "index_signal": ("points", index_value),
    "funnel_index": ("points", index_value),
    "funnel_deployments": ("per_10_000", lambda e, domain, _: rate_value(e.deployments, domain)),
    "funnel_complaints": ("per_10_000", lambda e, domain, _: rate_value(e.complaints, domain)),
    "deployments_range": ("deployments", lambda e, *_: e.this_period and e.this_period.events),
    "under_18": (
        "deployments",
        lambda e, *_: next(
            (person.period for person in e.persons if person.kind == "under_18"), None
        ),
    ),
    "complaints_limit": (
        "complaints",
        lambda e, domain, _: next((r.complaints for r in e.received if r.domain == domain), None),
    ),
    "few_answers": (
        "answers",
        lambda e, domain, _: next((r.sampled for r in e.received if r.domain == domain), None),
    ),
    "disparity": (
        "ratio",
        lambda e, _, of: next(
            (disparity.shown.value for disparity in e.disparities if disparity.key == of), None
        ),
    ),
    "new_theme": ("texts", theme_texts),
    "burst": (
        "texts",
        lambda e, _, of: next((c.texts for c in e.campaigns if f"{c.id}:{c.stream}" == of), None),
    ),
}


def alert_unit(rule: str) -> AlertUnit:
    """The unit of the figure of an alert under this rule; empty if such an alert has no figure."""
    return FIGURES[rule][0] if rule in FIGURES else ""


def alert_figure(edition: Edition | None, rule: str, domain: str, of: str = "") -> float | None:
    """The figure of an alert in this edition; None if it is withheld or missing."""
    if edition is None or rule not in FIGURES:
        return None
    figure = FIGURES[rule][1](edition, domain, of)
    return None if figure is None else float(figure)
