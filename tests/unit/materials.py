"""What an edition is made from, for a city of whom the truth is known; no database."""

import datetime
import functools
import struct
from pathlib import Path

import msgspec
import numpy as np

import survey
from analysis import perception
from analysis.material import Completed, Events, Material, Texts
from analysis.residents import ETHNICITIES
from analysis.world import Maker
from api.jobs import gathering_sums
from api.jobs.where import Where
from survey.deployments import tally
from survey.instruments import Instrument
from survey.places import Area, City
from survey.sums import Alike, Layout, span, summed

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


KNOWN = gathering_sums.Survey({(SURVEY.slug, SURVEY.version): SURVEY})
CITY = City(name="Testham", areas=BOROUGHS)


def sampled(found, where=None):
    """Cells as the database would hand them over."""
    place = where or Where(CITY, FIRST)
    row = {
        "version": SURVEY.version,
        "cells": len(found),
        "days": [(cell.alike.since - place.first).days for cell in found],
        "likes": [
            chr(31).join((cell.alike.stratum, cell.alike.area, cell.alike.psu, *cell.alike.kind))
            for cell in found
        ],
        "probabilities": [cell.alike.probability for cell in found],
        "persons": [cell.persons for cell in found],
        "scored": [cell.sums[0] for cell in found],
        "score": [cell.sums[1] for cell in found],
        "squares": [cell.sums[2] for cell in found],
        "sums": b"".join(sent(cell.sums[Layout(SURVEY).of_the_index :]) for cell in found),
    }
    return gathering_sums.of_rows([row] if found else [], place, KNOWN, items=True)


def sent(sums):
    """A list of numbers as PostgreSQL sends it."""
    return bytes(20) + b"".join(struct.pack(">iq", 8, one) for one in sums)


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


def weeks_of(drawn, aims):
    week = drawn.day // 7
    return [
        perception.week_of(
            drawn.only(week == at),
            aims,
            CITY.name,
            CODES,
            FIRST + datetime.timedelta(weeks=int(at)),
        )
        for at in np.unique(week)
    ]


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
    drawn = sampled(asked)
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
            "sampled": drawn,
            "completed": completed(asked),
            "index_weeks": weeks_of(drawn, aims),
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
