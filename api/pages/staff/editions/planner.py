"""The planner: how many answers and months until a change shows or can be ruled out."""

import re
from collections.abc import Mapping
from functools import lru_cache

import anyio.to_thread
import msgspec
from litestar import get
from litestar.response import Template

from api import clock
from api.pages.forms import Form, filled_form
from api.pages.work import FromPage, StaffPage
from api.process.installation import import_lock
from survey.editions import Edition
from survey.store import editions, places
from survey.words import in_local_words

DAYS_OF_A_MONTH = 365.25 / 12
NUMBER = re.compile(r"-?\d{1,7}(\.\d{1,4})?")
VERDICTS = {
    "rose": "The whole interval lies above 0: it rose.",
    "fell": "The whole interval lies below 0: it fell.",
    "none_larger": "The whole interval lies between -{margin} and {margin}: no change larger than "
    "{margin} points. There may be a smaller one.",
    "unclear": "No clear answer: the interval holds no change, and also changes of {margin} points "
    "or more.",
}
Residents = tuple[float, ...]
# All numbers of a plan, so that a page that is loaded again is not simulated again.
PlanNumbers = tuple[tuple[str, float], ...]
PERIOD_WORDS = {1: "A month", 3: "A quarter", 12: "A year"}
# Simulating takes some six seconds of a core.
ONE_AT_A_TIME = anyio.CapacityLimiter(1)


class PlanField(msgspec.Struct, frozen=True, kw_only=True):
    """A number that the planner asks for; `usual` is what its field holds at first."""

    name: str
    label: str
    hint: str = ""
    usual: str
    least: float = 1
    most: float
    whole: bool = False

    def refusal(self) -> str:
        kind = "a whole number" if self.whole else "a number"
        return f"{in_local_words(self.label)}: enter {kind} from {self.least:,g} to {self.most:,g}"


FIELDS = (
    PlanField(
        name="share",
        label="Share of people who agree now (%)",
        hint="At 50 it takes most answers, so 50 is safe.",
        usual="50",
        most=99,
    ),
    PlanField(
        name="change",
        label="Change of that share to see (points)",
        hint="For example 5: from 50% to 55%.",
        usual="5",
        least=0.5,
        most=50,
    ),
    PlanField(
        name="effect",
        label="Change of the perception index to see (points)",
        hint="Also the effect of deployments to see. Editions use 2.",
        usual="2",
        least=0.1,
        most=50,
    ),
    PlanField(
        name="deviation",
        label="Standard deviation of the index between people (points)",
        hint="How far people are apart.",
        usual="22",
        most=50,
    ),
    PlanField(
        name="deff",
        label="Design effect",
        hint="What weights and neighbourhoods drawn together cost. 1 is none.",
        usual="1.5",
        least=0.5,
        most=20,
    ),
    PlanField(
        name="answers",
        label="Answers a month, in all boroughs",
        usual="1000",
        most=1_000_000,
        whole=True,
    ),
    PlanField(
        name="boroughs",
        label="Number of boroughs",
        hint="A verdict on deployments needs 10.",
        usual="32",
        most=100,
        whole=True,
    ),
    PlanField(
        name="deployments",
        label="Deployments a month, in all boroughs",
        usual="100",
        most=100_000,
        whole=True,
    ),
    PlanField(
        name="begins",
        label="Months until the last borough begins",
        hint="0 if all begin together. Otherwise one begins after the other, at equal distances.",
        usual="0",
        least=0,
        most=60,
        whole=True,
    ),
)
LIMITS = (
    PlanField(
        name="low",
        label="Lower end of the interval",
        usual="",
        least=-100,
        most=100,
    ),
    PlanField(
        name="high",
        label="Upper end of the interval",
        usual="",
        least=-100,
        most=100,
    ),
)


def read_numbers(form: Form) -> dict[str, float]:
    """The numbers typed, by field; what is wrong with them is added to the form."""
    numbers = {}
    both = form["low"] or form["high"]
    for field in (*FIELDS, *(LIMITS if both else ())):
        text = form[field.name].strip().replace(",", "").replace("−", "-")
        value = float(text) if NUMBER.fullmatch(text) else None
        fits = value is not None and field.least <= value <= field.most
        fits = fits and not (field.whole and value is not None and value != int(value))
        form.require(fits, field.name, field.refusal())
        if value is not None:
            numbers[field.name] = value
    if {"low", "high"} <= {*numbers}:
        form.require(
            numbers["low"] < numbers["high"],
            "high",
            "Upper end of the interval: enter a number above the lower end",
        )
    return numbers


def usual_numbers(edition: Edition | None, areas: int) -> dict[str, str]:
    """What the planner's fields hold at first: figures of the edition where it has them, else the
    defaults.
    """
    numbers = {field.name: field.usual for field in FIELDS} | {"boroughs": str(areas)}
    if edition is None:
        return numbers
    city = next((figure for figure in edition.index if figure.domain == edition.city), None)
    weighting = edition.weighting
    if weighting and weighting.n and weighting.kish:
        numbers["answers"], numbers["deff"] = str(weighting.n), f"{weighting.kish:.2g}"
        worth = weighting.n / weighting.kish
        if city and city.standard_error:
            # The rest of its error, clusters among it, is then in the deviation.
            numbers["deviation"] = f"{city.standard_error * worth**0.5:.3g}"
    counted = edition.period_counted
    if edition.this_period and edition.this_period.events and counted and counted.days:
        # A month is often counted by its whole weeks alone.
        numbers["deployments"] = str(
            round(edition.this_period.events * DAYS_OF_A_MONTH / counted.days)
        )
    return numbers


class NeededRow(msgspec.Struct, frozen=True):
    """A statement and how many answers a period needs for it; `in_edition` is how many are needed
    before an edition reports the change of the city's index.
    """

    words: str
    answers: int
    every_area: int
    months: int
    in_edition: int | None


class PowerRow(msgspec.Struct, frozen=True):
    """What a comparison of two periods of this length, with this many answers, can show, in
    points.
    """

    words: str
    answers: int
    figures: list[str]


class TrialRow(msgspec.Struct, frozen=True):
    """The smallest effect of deployments that usually shows after these months."""

    months: int
    deployments: int
    smallest: str


class PlanFigures(msgspec.Struct, frozen=True, kw_only=True):
    """The answers of the planner, as the page shows them."""

    needed: list[NeededRow]
    powers: list[PowerRow]
    trial: list[TrialRow]
    first_month: int | None
    verdict: str


@lru_cache(maxsize=64)
def plan_figures(numbers: PlanNumbers, residents: Residents) -> PlanFigures:
    """The answers of the planner for these numbers. Called in a thread: it simulates."""
    with import_lock("analysis.editions.workings", "analysis.statistics.power"):
        from analysis.editions.workings import CITY
        from analysis.statistics import changes, power

    of = dict(numbers)
    plan = power.SurveyPlan(
        of["share"] / 100, of["change"], of["deviation"], of["effect"], of["deff"], of["answers"]
    )
    asked = (of[name] for name in ("deviation", "deff", "begins"))
    trial = power.TrialPlan(of["answers"], of["deployments"], residents, *asked)
    known, first = power.trial_months(trial, of["effect"])
    verdict = ""
    if "low" in of and "high" in of:
        word = changes.change_verdict(of["low"], of["high"], of["effect"])
        verdict = VERDICTS[word].format(margin=f"{of['effect']:g}")
    return PlanFigures(
        needed=[
            NeededRow(
                needed_words(need.of, need.points, equivalent=need.equivalent),
                need.answers,
                need.answers * len(residents),
                need.months,
                need.in_edition,
            )
            for need in power.answers_needed(plan, CITY)
        ],
        powers=[
            PowerRow(
                PERIOD_WORDS[period.months], round(period.answers), [f"{x:.1f}" for x in period[2:]]
            )
            for period in power.period_powers(plan)
        ],
        trial=[
            TrialRow(need.months, round(need.events), size_words(need.smallest)) for need in known
        ],
        first_month=first,
        verdict=verdict,
    )


def size_words(smallest: float | None) -> str:
    return "no verdict" if smallest is None else f"{smallest:.1f}"


def needed_words(of: str, points: float, *, equivalent: bool) -> str:
    what = "A share" if of == "share" else "The index"
    size = f"{points:g} points" if points != 1 else "1 point"
    return f"{what} changed by no more than {size}" if equivalent else f"{what} changed by {size}"


def residents_of(known: Mapping[str, float], areas: int) -> Residents:
    """The number of residents of each of `areas` boroughs: the known numbers if all are known,
    otherwise their mean for every borough.
    """
    if len(known) == areas:
        return tuple(known.values())
    typical = sum(known.values()) / len(known) if known else 250_000.0
    return (typical,) * areas


@get("/work/planner")
async def show_planner(page: FromPage) -> Template:
    async with page.connection() as connection:
        # Residents of each borough where rates per resident can be read.
        city = await places.get_city(connection)
        people = await places.load_population(connection, clock.today().year)
        lived = {person.area: person.persons for person in people if person.dimension == "total"}
        residents = {
            area.code: lived[area.code]
            for area in city.local_areas()
            if area.per_resident and lived.get(area.code)
        }
        newest = await editions.find_newest_published(connection, "monthly")
        if newest is None:
            edition = None
        else:
            edition = await editions.get(connection, newest.kind, newest.start, newest.number)
    asked = dict(page.query)
    # An address that was saved before a field was added takes the usual number of that field.
    form, figures = filled_form(usual_numbers(edition, len(residents)) | asked), None
    if asked:
        numbers = read_numbers(form)
        if not form.errors:
            figures = await anyio.to_thread.run_sync(
                plan_figures,
                tuple(numbers.items()),
                residents_of(residents, int(numbers["boroughs"])),
                limiter=ONE_AT_A_TIME,
            )
    return page.show(
        "data/planner",
        form=form,
        numbers=FIELDS,
        limits=LIMITS,
        figures=figures,
        month=edition.start if edition else None,
    )


PAGES = [
    StaffPage([show_planner], menu="Plan a sample", place=79, group="Data"),
]
