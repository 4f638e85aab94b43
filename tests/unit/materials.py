"""What an edition is made from, for a city of whom the truth is known; no database."""

import datetime
import functools
from pathlib import Path

import msgspec
import numpy as np

import survey
from analysis import perception
from analysis.material import Completed, Events, Material, Texts, blocks
from analysis.residents import ETHNICITIES
from analysis.world import Maker
from api.jobs import gathering_sampled
from api.jobs.where import Where
from survey.deployments import tally
from survey.instruments import Instrument
from survey.places import Area, City
from survey.sums import Alike, AnswerDraw, AnswerKind, Layout, span, summed

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
    (Path(survey.__file__).parent / "ready" / "taser-trial.json").read_bytes(), type=Instrument
)
SHARES = {  # of residents, as the world's people are drawn
    "age": (0.13, 0.21, 0.19, 0.17, 0.13, 0.09, 0.08),
    "ethnicity": (0.19, 0.14, 0.05, 0.55, 0.07),
}


def people(seed):
    """Adults and residents of each borough, 120,000 to 380,000; the first is no base for rates."""
    rng = np.random.default_rng(seed)
    total = rng.uniform(120_000, 380_000, len(CODES))
    return total * rng.uniform(0.74, 0.84, len(CODES)), total


def targets(adults):
    both = np.outer((0.51, 0.49), SHARES["age"]).ravel()
    ethnicity = np.array(SHARES["ethnicity"])
    return {
        "area": adults,
        "age_sex": adults.sum() * both / both.sum(),
        "ethnicity": adults.sum() * ethnicity / ethnicity.sum(),
    }


@functools.cache
def world(seed=7, weeks=16):
    adults, total = people(seed)
    end = datetime.datetime.combine(
        FIRST + datetime.timedelta(weeks=weeks), datetime.time(), datetime.UTC
    )
    ethnicities = dict(zip(ETHNICITIES, total.sum() * np.array(SHARES["ethnicity"]), strict=True))
    return Maker(seed, CODES, adults, total, ethnicities).world(FIRST, weeks, end)


def alike(voice):
    """What one invented person shares with others in the sums."""
    return Alike(
        instrument=SURVEY.slug,
        version=SURVEY.version,
        mode="sampled",
        area=voice.area,
        since=span(voice.moment.date()),
        stratum=voice.area,
        psu=voice.psu,
        probability=voice.probability,
        kind=Layout(SURVEY).kind(voice.answers),
    )


def cells(voices):
    layout = Layout(SURVEY)
    return summed((alike(voice), layout.of(voice.answers)) for voice in voices)


KNOWN = gathering_sampled.Survey({(SURVEY.slug, SURVEY.version): SURVEY})
CITY = City(name="Testham", areas=BOROUGHS)


def sampled(found, firsts):
    """The cells added up over each block, as the database would hand them over."""
    given = summed(
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
    places = gathering_sampled.places_of(Layout(SURVEY), KNOWN.items)
    cells = [
        (
            *(firsts.index(one.alike.since) + 1, draw_of[draw], kind_of[kind], one.sums[0]),
            *(one.sums[place] for place in places),
        )
        for one, draw, kind in zip(given, drawn, kinds, strict=True)
    ]
    shared = gathering_sampled.Shared(
        first=np.array([(one - FIRST).days for one in firsts]),
        draws=[
            AnswerDraw(at, area, stratum, psu, chance)
            for (area, stratum, psu, chance), at in draw_of.items()
        ],
        kinds=[AnswerKind(at, kind) for kind, at in kind_of.items()],
    )
    table = np.array(cells, dtype=np.int64).reshape(len(cells), 4 + len(places))
    return gathering_sampled.of_tables([table], shared, Where(CITY, FIRST), KNOWN, KNOWN.items)


def drawn_of(found):
    """How many of the cells' people were drawn where and when."""
    number = {code: at for at, code in enumerate(CODES)}
    return Events(
        day=np.array([(one.alike.since - FIRST).days for one in found], dtype=np.int64),
        area=np.array([number[one.alike.area] for one in found], dtype=np.int64),
        persons=np.array([one.persons for one in found], dtype=np.int64),
    )


def completed(found):
    by_span = {}
    low, high = 3, Layout(SURVEY).of_the_index
    for cell in found:
        day = (cell.alike.since - FIRST).days
        mine = np.array(cell.sums[low:high], dtype=np.int64)
        by_span[day] = by_span.get(day, 0) + mine
    days = sorted(by_span)
    return Completed(
        day=np.array(days, dtype=np.int64),
        sums=np.array([by_span[day] for day in days]).reshape(len(days), high - low),
    )


def weeks_of(found, aims):
    monday = {one.alike.since - datetime.timedelta(days=one.alike.since.weekday()) for one in found}
    for week in sorted(monday):
        end = week + datetime.timedelta(days=6)
        mine = [one for one in found if week <= one.alike.since <= end]
        yield perception.week_of(sampled(mine, (week,)), aims, CITY.name, CODES, week)


def material(seed=7, weeks=16, kind="monthly", voices=None, **changes):
    """The city after `weeks` weeks; a month is the last whole one, a week the last."""
    adults, total = people(seed)
    made = world(seed, weeks)
    last = FIRST + datetime.timedelta(weeks=weeks, days=-1)
    month = last.replace(day=1) - datetime.timedelta(days=1)
    start, end = (
        (month.replace(day=1), month)
        if kind == "monthly"
        else (last - datetime.timedelta(days=6), last)
    )
    voices = made.sampled if voices is None else voices
    asked = cells([voice for voice in voices if voice.moment.date() <= end])
    aims = targets(adults)
    none = np.zeros(0, dtype=np.int64)
    nobody = Events(day=none, area=none, persons=none)
    return Material(
        **{
            "kind": kind,
            "city": "Testham",
            "boroughs": BOROUGHS,
            "first": FIRST,
            "start": start,
            "end": end,
            "number": 1,
            "data_as_of": end,
            "synthetic": True,
            "residents": total,
            "targets": aims,
            "population_basis": "invented",
            "sampled": sampled(asked, blocks(kind, start, end)),
            "drawn": drawn_of(asked),
            "completed": completed(asked),
            "index_weeks": [*weeks_of(asked, aims)],
            "open": nobody,
            "complaints": nobody,
            "about_taser": nobody,
            "counts": [one for one in tally(made.deployments, "incidents")],
            "counts_basis": "incidents",
            "texts": texts(),
            "themes": (),
            "codebook": 1,
        }
        | changes
    )


def texts():
    none, words = np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.str_)
    return Texts(
        stream=words,
        weight=np.zeros(0),
        stratum=words,
        psu=words,
        day=none,
        area=none,
        polarity=np.zeros(0),
        spoken=np.zeros((0, 0), dtype=bool),
    )
