"""What editions say next to the truth, over many made-up cities: `python -m tests.bench.truth`.

`--seeds 20 --first 101` makes cities 101 to 120: forty weeks each, three weekly editions four
weeks apart and two monthly ones, of which the second has a verdict on the link with deployments.
People, deployments, complaints, themes and tones are those of the demonstration; instead of
reading each text, a machine is simulated that misreads some, and two people who code 300 texts a
quarter. Nothing is stored and nothing goes over HTTP. `--counts FILE` adds the counts of each
city to a file and prints the table of all cities in it, so that a long run can be made in parts.
"""

# ruff: noqa: T201 - it prints its table; threads are set before numpy counts the cores

import argparse
import datetime
import json
import multiprocessing
import os
import pathlib
import sys
from collections import Counter
from dataclasses import replace

os.environ |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}

import msgspec
import numpy as np

from analysis import editions
from analysis.editions import round_figures
from analysis.editions.inputs import EditionTexts, EventCounts, index_windows
from analysis.residents import ETHNICITIES
from analysis.statistics import agreement
from api.jobs.edition_inputs import count_inputs
from demo.simulation.true_figures import TONE_VALUES, planted_truth, theme_chances
from demo.simulation.true_statements import compare_edition
from survey.deployments import quarter_of, tally_deployments
from survey.editions import SafeEdition
from survey.themes.demands import CampaignCoding
from tests.analysis.editions import simulated_inputs as city
from tests.oracles.coded_texts import labelled_texts, together

WEEKS = 40
DAY = datetime.timedelta(days=1)
# The last weeks of three weekly editions, and two months; the second ends a quarter.
LAST_WEEKS = (31, 35, 39)
MONTHS = (datetime.date(2008, 5, 1), datetime.date(2008, 6, 1))
THEMES = sorted({theme for mood in theme_chances().values() for theme in mood})
FOUND, MISTAKEN = 0.75, 0.03  # chance that the machine finds a theme, or one that is not there
# What the machine takes worry, neither and praise for, as in the demonstration.
TONES_READ = np.array([[0.65, 0.15, 0.2], [0.15, 0.7, 0.15], [0.1, 0.1, 0.8]])
MOST_DRAWS = 40
LABELS = 100  # of each stream and quarter
STREAMS = ("sampled", "open", "complaints")
KINDS = ("weekly", "monthly")
VERDICTS = ("holds", "misses", "right", "false", "silent")
LETTER = CampaignCoding(
    campaign="letter",
    name="no Taser in schools",
    tone="negative",
    themes=("young-people",),
    codebook=1,
)


class SimulatedReading:
    """The texts of a city in the order of their days, as meant and as a machine reads them."""

    def __init__(self, world, rng):
        sides = zip(STREAMS, (world.sampled, world.volunteers, world.complainants), strict=True)
        found = [(stream, one) for stream, of in sides for one in of if one.written.text]
        found.sort(key=lambda one: one[1].moment)
        self.people = [one for _, one in found]
        self.stream = np.array([stream for stream, _ in found])
        self.date = [one.moment.date() for one in self.people]
        written = [one.written for one in self.people]
        self.letter = np.array([one.letter for one in written])
        self.scored = np.array([one.language == "en" for one in written])
        self.truth = np.array([[theme in one.themes for theme in THEMES] for one in written])
        self.tone = np.array([TONE_VALUES[one.tone] / 100 for one in written])
        chance = np.where(self.truth, FOUND, MISTAKEN)
        self.themes = rng.random(self.truth.shape) < chance
        shares = TONES_READ[(self.tone + 1).astype(int)].cumsum(axis=1)
        self.read = (shares > rng.random(len(found))[:, None]).argmax(axis=1) - 1.0
        # A person codes the whole campaign.
        self.themes[self.letter], self.read[self.letter] = self.truth[self.letter], -1.0

    def texts(self):
        """The texts as an edition is given them."""
        sampled = self.stream == "sampled"
        return EditionTexts(
            stream=self.stream,
            weight=np.array([1 / (one.probability or 1.0) for one in self.people]),
            stratum=np.where(sampled, [one.area for one in self.people], ""),
            psu=np.array([one.psu for one in self.people]),
            day=np.array([(day - city.FIRST).days for day in self.date]),
            area=np.array([city.CODES.index(one.area) for one in self.people]),
            polarity=np.where(self.scored, self.read, np.nan),
            spoken=self.themes,
            campaign=np.where(self.letter, 0, -1),
            by_person=self.letter,
        )

    def labels(self, rng):
        """What two people, who agree, say of a sample of each stream and quarter."""
        quarters = np.array([quarter_of(day) for day in self.date])
        parts = []
        for quarter in sorted(set(quarters.tolist())):
            for stream in STREAMS:
                mine = np.flatnonzero((quarters == quarter) & (self.stream == stream))
                if len(mine):
                    parts.append(self.labelled(quarter, stream, mine, rng))
        return together(parts)

    def labelled(self, quarter, stream, mine, rng):
        rows = np.sort(rng.choice(mine, min(LABELS, len(mine)), replace=False))
        found = labelled_texts(
            quarter,
            stream,
            self.tone[rows],
            np.where(self.scored, self.read, np.nan)[rows],
            self.truth[rows],
            self.themes[rows],
            weight=len(mine) / len(rows),
            psu=np.array([self.people[i].psu or str(i) for i in rows]),
        )
        if stream != "sampled":
            return found
        return replace(
            found,
            survey_weight=np.array([1 / self.people[i].probability for i in rows]),
            survey_stratum=np.array([self.people[i].area for i in rows]),
        )


def events_of(people):
    """People by day and borough, as counts."""
    return EventCounts(
        day=np.array([(one.moment.date() - city.FIRST).days for one in people], dtype=np.int64),
        area=np.array([city.CODES.index(one.area) for one in people], dtype=np.int64),
        persons=np.ones(len(people), dtype=np.int64),
    )


def inputs_of_world(seed, world, cells=None):
    """The inputs of all forty weeks; each edition takes its part of them."""
    rng = np.random.default_rng((seed, 5))
    reading = SimulatedReading(world, rng)
    counts = tally_deployments(world.deployments, "incidents")
    groups = count_inputs.person_group_counts(counts)
    _, total = city.area_populations(seed)
    ethnicities = total.sum() * np.array(city.SHARES["ethnicity"])
    return city.inputs_of_city(
        seed,
        WEEKS,
        "weekly",
        cells=cells,
        counts=[one for one in counts if one.group == "all"],
        groups=groups,
        searches=count_inputs.person_group_counts(world.searches),
        kinds={
            "ethnicity": dict(zip(ETHNICITIES, ethnicities.tolist(), strict=True)),
            "age": {},
            "sex": {},
        },
        open=events_of(world.volunteers),
        complaints=events_of(world.complainants),
        about_taser=events_of(
            [one for one in world.complainants
             if one.answers["allegations"] == "use_of_force_taser"]
        ),
        texts=reading.texts(),
        themes=[(theme, theme) for theme in THEMES],
        labelled=reading.labels(rng),
        campaigns=("letter",),
        campaign_codings=(LETTER,),
    )  # fmt: skip


def inputs_of_edition(whole, cells, kind, start, end, last):
    """What was known of the city at the end of the period."""
    until = (end - city.FIRST).days
    texts = whole.texts
    recent = texts.day <= until
    asked = [one for one in cells if one.alike.since <= end]
    return replace(
        whole,
        kind=kind,
        start=start,
        end=end,
        data_as_of=end + DAY,
        last=last,
        sampled=city.sampled_answers(asked, index_windows(kind, start, end)),
        index_weeks=[one for one in whole.index_weeks if one.start + 6 * DAY <= end],
        counts=[one for one in whole.counts if one.end <= end],
        groups=[one for one in whole.groups if one.end <= end],
        searches=[one for one in whole.searches if one.end <= end],
        open=events_until(whole.open, until),
        complaints=events_until(whole.complaints, until),
        about_taser=events_until(whole.about_taser, until),
        texts=EditionTexts(
            **{
                name: None if (value := getattr(texts, name)) is None else value[recent]
                for name in texts.__dataclass_fields__
            }
        ),
    )


def events_until(found, until):
    inside = found.day <= until
    return EventCounts(
        day=found.day[inside], area=found.area[inside], persons=found.persons[inside]
    )


def editions_of_city(seed, world, periods=None):
    """The editions of a city, each with the edition of its kind before it."""
    cells = city.answer_cells(world.sampled)
    whole = inputs_of_world(seed, world, cells)
    last = {}
    for kind, start, end in periods or PERIODS:
        given = inputs_of_edition(whole, cells, kind, start, end, last.get(kind))
        made = as_stored(editions.make_edition(given))
        yield made
        last[kind] = made


def as_stored(edition):
    """The edition as readers get it: rounded, and with plain strings for sentences."""
    body = msgspec.json.encode(round_figures(edition))
    return msgspec.json.decode(body, type=SafeEdition)


def week_period(week):
    start = city.FIRST + datetime.timedelta(weeks=week)
    return "weekly", start, start + 6 * DAY


def month_period(start):
    return "monthly", start, (start + 31 * DAY).replace(day=1) - DAY


PERIODS = (*map(week_period, LAST_WEEKS), *map(month_period, MONTHS))


def cache_draws():
    """Resample each sample of coded texts once: the editions of a city judge the same quarters."""
    draw, known = agreement.bootstrap_weights, {}

    def drawn_once(drawn, **how):
        key = drawn.weight.tobytes(), drawn.stratum.tobytes(), *how.values()
        if key not in known:
            known[key] = draw(drawn, **how)
            while len(known) > MOST_DRAWS:
                known.pop(next(iter(known)))
        return known[key]

    agreement.bootstrap_weights = drawn_once


def counts_of_city(seed, periods=None):
    """How often each kind of statement was right, silent and so on, and what editions say."""
    world = city.simulated_city(seed, WEEKS)
    planted = planted_truth(world)
    found = Counter()
    for made in editions_of_city(seed, world, periods):
        rows = compare_edition(made, planted)
        found.update(f"{row.kind}|{row.verdict}" for row in rows)
        found[f"editions|{made.kind}"] += 1
        found[f"editions with a false finding|{made.kind}"] += any(map(is_false_finding, rows))
    city.simulated_city.cache_clear()
    return {"seed": seed, "counts": dict(found)}


def is_false_finding(row):
    """Whether a finding says that something is so that is not so, or of another size."""
    says_something = row.kind.startswith("finding: ") and not row.kind.endswith(", unclear")
    return says_something and row.verdict in ("false", "misses")


def known_counts(file):
    lines = file.read_text().splitlines() if file and file.exists() else []
    return [json.loads(line) for line in lines]


def print_table(found):
    """Coverage and false statements by kind, over all cities."""
    seeds = sorted(one["seed"] for one in found)
    counts = [Counter(one["counts"]) for one in found]
    weeks, months = (sum(one[f"editions|{kind}"] for one in counts) for kind in KINDS)
    print(
        f"{len(seeds)} cities (seeds {seeds[0]} to {seeds[-1]}), {weeks} weekly and {months} "
        "monthly editions.\n"
    )
    print("| figure | intervals | hold the truth | share | error | statements | false | not said |")
    print("|---|---|---|---|---|---|---|---|")
    for kind in sorted({key.partition("|")[0] for one in counts for key in one}):
        if not kind.startswith("editions"):
            print(table_line(kind, np.array([[one[f"{kind}|{v}"] for v in VERDICTS]
                                             for one in counts])))  # fmt: skip
    print()
    for kind, many in zip(KINDS, (weeks, months), strict=True):
        wrong = sum(one[f"editions with a false finding|{kind}"] for one in counts)
        print(f"{kind} editions with a false finding: {wrong} of {many}")


def table_line(kind, by_city):
    """One line; the error of the share is that between cities, whose editions share people."""
    held, missed, right, false, silent = by_city.sum(axis=0).tolist()
    intervals, statements = held + missed, right + false
    share = error = ""
    if intervals:
        share = f"{held / intervals:.3f}"
        away = by_city[:, 0] - held / intervals * by_city[:, :2].sum(axis=1)
        error = f"{(away @ away) ** 0.5 / intervals:.3f}"
    cells = (
        *(intervals or "", held if intervals else "", share, error),
        *(statements or "", false if statements else "", silent or ""),
    )
    return f"| {kind} | {' | '.join(map(str, cells))} |"


def main(asked):
    reader = argparse.ArgumentParser(prog="python -m tests.bench.truth")
    reader.add_argument("--seeds", type=int, default=200)
    reader.add_argument("--first", type=int, default=1)
    reader.add_argument("--processes", type=int, default=2)
    reader.add_argument("--counts", type=pathlib.Path)
    given = reader.parse_args(asked)
    found = known_counts(given.counts)
    done = {one["seed"] for one in found}
    seeds = [one for one in range(given.first, given.first + given.seeds) if one not in done]
    with multiprocessing.get_context("spawn").Pool(given.processes, cache_draws) as pool:
        for one in pool.imap_unordered(counts_of_city, seeds):
            found.append(one)
            if given.counts:
                with given.counts.open("a") as file:
                    file.write(json.dumps(one) + "\n")
    print_table(found)


if __name__ == "__main__":
    main(sys.argv[1:])
