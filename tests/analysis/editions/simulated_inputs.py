"""Edition inputs of a simulated city whose true values are known, made without a database."""

import datetime
import functools
from pathlib import Path

import msgspec
import numpy as np

import survey
from analysis.editions import perception
from analysis.editions.inputs import (
    CompleteIndexAnswers,
    EditionInputs,
    EditionTexts,
    EventCounts,
    index_windows,
)
from analysis.residents import ETHNICITIES
from api.jobs.edition_inputs import sampled_inputs
from api.jobs.edition_inputs.sampled_inputs import AreaDays
from demo.simulation import CitySimulator
from survey.deployments import tally_deployments
from survey.places import Area, City
from survey.surveys.instruments import Instrument
from survey.surveys.sums import (
    AnswerCellKey,
    AnswerDraw,
    AnswerKind,
    SumLayout,
    span_start,
    sum_cells,
)

FIRST = datetime.date(2007, 10, 1)
BOROUGHS = tuple(
    Area(
        code=f"E{i:02d}",
        name=f"Borough {i}",
        short=f"B{i}",
        kind="borough",
        column=i % 6,
        row=i // 6,
        per_resident=i > 0,
    )
    for i in range(33)
)
CODES = [area.code for area in BOROUGHS]
SURVEY = msgspec.json.decode(
    (Path(survey.__file__).parent / "surveys" / "ready" / "taser-trial.json").read_bytes(),
    type=Instrument,
)
LAYOUT = SumLayout(SURVEY)
SHARES = {  # of residents, as the world's people are drawn
    "age": (0.13, 0.21, 0.19, 0.17, 0.13, 0.09, 0.08),
    "ethnicity": (0.19, 0.14, 0.05, 0.55, 0.07),
}


def area_populations(seed):
    """Adults and residents (120,000 to 380,000) of each borough; the first has no rates."""
    rng = np.random.default_rng(seed)
    total = rng.uniform(120_000, 380_000, len(CODES))
    return total * rng.uniform(0.74, 0.84, len(CODES)), total


def raking_targets(adults):
    both = np.outer((0.51, 0.49), SHARES["age"]).ravel()
    ethnicity = np.array(SHARES["ethnicity"])
    return {
        "area": adults,
        "age_sex": adults.sum() * both / both.sum(),
        "ethnicity": adults.sum() * ethnicity / ethnicity.sum(),
    }


@functools.cache
def simulated_city(seed=7, weeks=16):
    adults, total = area_populations(seed)
    end = datetime.datetime.combine(
        FIRST + datetime.timedelta(weeks=weeks), datetime.time(), datetime.UTC
    )
    ethnicities = dict(zip(ETHNICITIES, total.sum() * np.array(SHARES["ethnicity"]), strict=True))
    return CitySimulator(seed, CODES, adults, total, ethnicities).world(FIRST, weeks, end)


def cell_key(voice):
    """The key of the cell into which a simulated person's answers are added."""
    return AnswerCellKey(
        instrument=SURVEY.slug,
        version=SURVEY.version,
        mode="sampled",
        area=voice.area,
        since=span_start(voice.moment.date()),
        stratum=voice.area,
        psu=voice.psu,
        probability=voice.probability,
        kind=LAYOUT.kind(voice.answers),
    )


def answer_cells(voices):
    return sum_cells((cell_key(voice), LAYOUT.of(voice.answers)) for voice in voices)


VERSIONS = sampled_inputs.PerceptionSurvey({(SURVEY.slug, SURVEY.version): SURVEY})
CITY = City(name="Testham", areas=BOROUGHS)


def sampled_answers(found, firsts):
    """The cells added up over windows, given by their first days, as the database returns them."""
    given = sum_cells(
        (msgspec.structs.replace(cell.alike, since=block), (cell.persons, *cell.sums))
        for cell in found
        for block in [max((one for one in firsts if one <= cell.alike.since), default=None)]
        if block
    )
    drawn = [
        (one.alike.area, one.alike.stratum, one.alike.psu, one.alike.probability) for one in given
    ]
    kinds = [one.alike.kind for one in given]
    draw_of = {one: at for at, one in enumerate(dict.fromkeys(drawn), 1)}
    kind_of = {one: at for at, one in enumerate(dict.fromkeys(kinds), 1)}
    places = sampled_inputs.sum_positions(LAYOUT, VERSIONS.items)
    cells = [
        (
            *(firsts.index(one.alike.since) + 1, draw_of[draw], kind_of[kind], one.sums[0]),
            *(one.sums[place] for place in places),
        )
        for one, draw, kind in zip(given, drawn, kinds, strict=True)
    ]
    shared = sampled_inputs.CellKeys(
        first=np.array([(one - FIRST).days for one in firsts]),
        draws=[
            AnswerDraw(at, area, stratum, psu, chance)
            for (area, stratum, psu, chance), at in draw_of.items()
        ],
        kinds=[AnswerKind(at, kind) for kind, at in kind_of.items()],
    )
    table = np.array(cells, dtype=np.int64).reshape(len(cells), 4 + len(places))
    return sampled_inputs.sampled_from_cells(
        [table], shared, AreaDays(CITY, FIRST), VERSIONS, VERSIONS.items
    )


def drawn_events(found):
    """How many people of the cells were sampled, by day and borough."""
    number = {code: at for at, code in enumerate(CODES)}
    return EventCounts(
        day=np.array([(one.alike.since - FIRST).days for one in found], dtype=np.int64),
        area=np.array([number[one.alike.area] for one in found], dtype=np.int64),
        persons=np.array([one.persons for one in found], dtype=np.int64),
    )


def completed_answers(found):
    by_span = {}
    low, high = 3, LAYOUT.of_the_index
    for cell in found:
        day = (cell.alike.since - FIRST).days
        mine = np.array(cell.sums[low:high], dtype=np.int64)
        by_span[day] = by_span.get(day, 0) + mine
    days = sorted(by_span)
    return CompleteIndexAnswers(
        day=np.array(days, dtype=np.int64),
        sums=np.array([by_span[day] for day in days]).reshape(len(days), high - low),
    )


def index_weeks_of(found, aims):
    monday = {one.alike.since - datetime.timedelta(days=one.alike.since.weekday()) for one in found}
    for week in sorted(monday):
        end = week + datetime.timedelta(days=6)
        mine = [one for one in found if week <= one.alike.since <= end]
        yield perception.index_week(sampled_answers(mine, (week,)), aims, CITY.name, CODES, week)


def inputs_of_city(seed=7, weeks=16, kind="monthly", voices=None, cells=None, **changes):
    """The inputs of the last whole month, or of the last week, of a simulation of `weeks` weeks.

    `cells` are the answers of `voices` added up, where they are known already.
    """
    adults, total = area_populations(seed)
    made = simulated_city(seed, weeks)
    last = FIRST + datetime.timedelta(weeks=weeks, days=-1)
    month = last.replace(day=1) - datetime.timedelta(days=1)
    start, end = (
        (month.replace(day=1), month)
        if kind == "monthly"
        else (last - datetime.timedelta(days=6), last)
    )
    voices = made.sampled if voices is None else voices
    if cells is None:
        cells = answer_cells(voices)
    asked = [one for one in cells if one.alike.since <= end]
    aims = raking_targets(adults)
    none = np.zeros(0, dtype=np.int64)
    nobody = EventCounts(day=none, area=none, persons=none)
    return EditionInputs(
        **{
            "kind": kind,
            "city": "Testham",
            "areas": BOROUGHS,
            "first": FIRST,
            "start": start,
            "end": end,
            "number": 1,
            "data_as_of": end,
            "synthetic": True,
            "residents": total,
            "targets": aims,
            "population_basis": "invented",
            "sampled": sampled_answers(asked, index_windows(kind, start, end)),
            "drawn": drawn_events(asked),
            "completed": completed_answers(asked),
            "index_weeks": [*index_weeks_of(asked, aims)],
            "open": nobody,
            "complaints": nobody,
            "about_taser": nobody,
            "counts": [one for one in tally_deployments(made.deployments, "incidents")],
            "counts_basis": "incidents",
            "texts": no_texts(),
            "themes": (),
            "codebook": 1,
        }
        | changes
    )


def no_texts():
    none, words = np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.str_)
    return EditionTexts(
        stream=words,
        weight=np.zeros(0),
        stratum=words,
        psu=words,
        day=none,
        area=none,
        polarity=np.zeros(0),
        spoken=np.zeros((0, 0), dtype=bool),
    )
