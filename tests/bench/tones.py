"""Corrected net sentiment of made-up cities, against what their writers meant.

Run `python -m tests.bench.tones --cities 20`: for each seed it invents forty weeks of London,
reads the texts of the last four and of the two quarters before with the machine, lets people code
300 of each quarter, and makes the tones of a weekly edition. It prints how often the interval
holds what the writers of these texts meant. The first seed is the demonstration's. A city takes
about half a minute. With `--head` the machine first learns a tone head from the same labels, and
uses it where it reads better by more than chance; the table has both readings of the same cities.
"""

# ruff: noqa: T201 - it prints its table; threads are set before numpy counts the cores

import argparse
import datetime
import os
import sys
from collections import Counter

os.environ |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}

import msgspec
import numpy as np

from analysis import residents
from analysis.editions.chapters import tone as chapter
from analysis.editions.inputs import EditionTexts
from analysis.editions.workings import in_text_window
from analysis.statistics import agreement
from analysis.text.codes import code_texts
from analysis.text.tone import LABELS, TaughtTones, evidence_of, tones_by_head
from analysis.themes import codebook
from analysis.themes.accuracy import DoubleCodedTexts
from analysis.themes.tone_heads import JudgedTones, fit_tone_head
from demo.simulation import CitySimulator
from survey.deployments import quarter_of
from survey.themes.tone_heads import fold_of
from tests.analysis.editions.small_inputs import inputs_of_week
from tests.london import CITY, COUNTS
from tests.oracles.coded_texts import labelled_texts, together

DEMO_SEED = 2007
START = datetime.date(2026, 2, 23)
LAST_WEEK = 38
VALUE = {"negative": -1.0, "neutral": 0.0, "positive": 1.0}
STREAMS = ("sampled", "open", "complaints")


def invented_city(seed):
    """Stream and person of every text that the machine can score, in the order of the days."""
    codes = [area.code for area in CITY.local_areas()]
    adults = residents.adult_residents(COUNTS, codes)
    everybody = residents.total_residents(COUNTS, codes)
    groups = residents.residents_by_kind(COUNTS, codes)["ethnicity"]
    end = datetime.datetime(2026, 11, 27, 10, tzinfo=datetime.UTC)
    world = CitySimulator(seed, codes, adults, everybody, groups).world(START, 40, end)
    sides = zip(STREAMS, (world.sampled, world.volunteers, world.complainants), strict=True)
    texts = [(stream, one) for stream, people in sides for one in people if one.written.text]
    english = [one for one in texts if one[1].written.language == "en"]
    return sorted(english, key=lambda one: one[1].moment)


def sample_quarter(texts, quarter, seed):
    """The texts of a quarter that are drawn to be coded, and the weight of each."""
    mine = [i for i, (_, one) in enumerate(texts) if quarter_of(one.moment.date()) == quarter]
    drawn = agreement.draw_sample(
        [str(i) for i in mine], [texts[i][0] for i in mine], size=300, seed=seed
    )
    return [(int(one.text), 1 / one.probability) for one in drawn]


def code_rows(texts, rows, coder):
    """What the machine makes of these texts, by their number."""
    words = [texts[i][1].written.text for i in rows]
    return dict(zip(rows, code_texts(words, ["en"] * len(words), coder), strict=True))


def tones_and_themes(coded):
    return {
        i: (VALUE[one.sentiment.label] if one.sentiment else np.nan, {c.theme for c in one.themes})
        for i, one in coded.items()
    }


def read_by_head(texts, coded, drawn):
    """The codings with the tone of a head learned from the drawn texts, where it is better."""
    known = {i: one for i, one in coded.items() if one.sentiment and one.passages.spans}
    sample = [
        (i, weight, quarter) for quarter, mine in drawn.items() for i, weight in mine if i in known
    ]
    rows = [i for i, _, _ in sample]
    found = [known[i] for i in rows]
    taught = TaughtTones(
        evidence=evidence_of([one.sentiment for one in found], [one.passages for one in found]),
        tone=np.array([LABELS.index(texts[i][1].written.tone) for i in rows]),
        weight=np.array([weight for _, weight, _ in sample]),
        fold=np.array([fold_of(texts[i][1].written.text) for i in rows]),
    )
    judged = JudgedTones(
        taught=taught,
        stream=np.array([texts[i][0] for i in rows]),
        stratum=np.array([f"{quarter} {texts[i][0]}" for i, _, quarter in sample]),
        drawn=np.ones(len(rows), dtype=bool),
        in_force=np.array([LABELS.index(one.sentiment.label) for one in found]),
    )
    learned, checked = fit_tone_head(judged, "bench")
    if not checked.beats:
        return coded
    tones = tones_by_head(
        learned,
        [one.sentiment for one in known.values()],
        [one.passages for one in known.values()],
        [fold_of(texts[i][1].written.text) for i in known],
        [texts[i][0] for i in known],
    )
    both = zip(known.items(), tones, strict=True)
    return coded | {i: msgspec.structs.replace(one, sentiment=tone) for (i, one), tone in both}


def tones_of_city(seed, coder, themes, *, by_head=False):
    """Each figure of the tones of a made-up city and what its writers meant; with `by_head`, the
    same once more after the machine learned from the labels.
    """
    texts = invented_city(seed)
    end = START + datetime.timedelta(days=7 * LAST_WEEK + 6)
    first = end - datetime.timedelta(days=27)
    recent = [i for i, (_, one) in enumerate(texts) if first <= one.moment.date() <= end]
    quarters = datetime.date(2026, 4, 1), datetime.date(2026, 7, 1)
    drawn = {quarter: sample_quarter(texts, quarter, seed) for quarter in quarters}
    labelled = [i for mine in drawn.values() for i, _ in mine]
    coded = code_rows(texts, sorted({*recent, *labelled}), coder)
    found = city_figures(texts, recent, drawn, tones_and_themes(coded), themes, end)
    if not by_head:
        return found
    better = tones_and_themes(read_by_head(texts, coded, drawn))
    return found, city_figures(texts, recent, drawn, better, themes, end)


def city_figures(texts, recent, drawn, read, themes, end):
    inputs = inputs_of_week(
        LAST_WEEK,
        first=START,
        start=end - datetime.timedelta(days=6),
        end=end,
        city="London",
        texts=window_texts(texts, recent, read, themes),
        themes=[(one, one) for one in themes],
        labelled=labels_of(texts, drawn, read, themes),
    )
    found = chapter.net_sentiments(inputs, in_text_window(inputs))
    return [(one, meant_tone([texts[i] for i in recent], one)) for one in found]


def flags(sets, themes):
    return np.array([[one in mine for one in themes] for mine in sets], dtype=bool)


def labels_of(texts, drawn, read, themes) -> DoubleCodedTexts:
    parts = []
    for quarter, mine in drawn.items():
        for stream in STREAMS:
            rows = [(i, weight) for i, weight in mine if texts[i][0] == stream]
            people = [texts[i][1] for i, _ in rows]
            if rows:
                parts.append(
                    labelled_texts(
                        quarter,
                        stream,
                        np.array([VALUE[one.written.tone] for one in people]),
                        np.array([read[i][0] for i, _ in rows]),
                        flags([one.written.themes for one in people], themes),
                        flags([read[i][1] for i, _ in rows], themes),
                        weight=rows[0][1],
                        psu=np.array([one.psu or str(i) for i, one in enumerate(people)]),
                    )
                )
    return together(parts)


def window_texts(texts, recent, read, themes) -> EditionTexts:
    mine = [texts[i] for i in recent]
    sampled = [stream == "sampled" for stream, _ in mine]
    return EditionTexts(
        stream=np.array([stream for stream, _ in mine]),
        weight=np.array([1 / one.probability if one.psu else 1.0 for _, one in mine]),
        stratum=np.array(
            [one.area if s else "" for s, (_, one) in zip(sampled, mine, strict=True)]
        ),
        psu=np.array([one.psu for _, one in mine]),
        day=np.array([(one.moment.date() - START).days for _, one in mine]),
        area=np.zeros(len(mine), dtype=np.int64),
        polarity=np.array([read[i][0] for i in recent]),
        spoken=flags([read[i][1] for i in recent], themes),
        campaign=np.array([0 if is_letter(one) else -1 for _, one in mine]),
    )


def is_letter(person):
    return "Taser inside our schools" in person.written.text


def meant_tone(recent, one):
    """The true net sentiment of the same texts, with the letter once where the figure has it so."""
    mine = [
        person
        for stream, person in recent
        if stream == one.stream and (not one.theme or one.theme in person.written.themes)
    ]
    if not mine:
        return np.nan
    letters = sum(map(is_letter, mine))
    weight = [1 / letters if one.once and is_letter(person) else 1.0 for person in mine]
    return 100 * np.average([VALUE[person.written.tone] for person in mine], weights=weight)


def figures_of_cities(given, coder, themes):
    """How the tone was read, the figure and the truth, for every figure of every city."""
    for seed in range(DEMO_SEED, DEMO_SEED + given.cities):
        found = tones_of_city(seed, coder, themes, by_head=given.head)
        for reading, figures in (
            zip(("", ", by head"), found, strict=True) if given.head else (("", found),)
        ):
            for one, truth in figures:
                yield reading, one, truth


def main(asked):
    reader = argparse.ArgumentParser(prog="python -m tests.bench.tones")
    reader.add_argument("--cities", type=int, default=20)
    reader.add_argument("--head", action="store_true")
    given = reader.parse_args(asked)
    book = codebook.STARTING_CODEBOOK
    coder, themes = codebook.Coder(book), [one.id for one in book.themes]
    held, machine, words, widths = Counter(), Counter(), Counter(), {}
    asked_of = Counter()
    for reading, one, truth in figures_of_cities(given, coder, themes):
        key = (
            f"{one.stream}{reading}",
            "theme" if one.theme else "all",
            "once" if one.once else "every",
        )
        words[key] += tone_is(one.words, truth)
        words[*key, "given"] += bool(one.words)
        if one.value is None:
            continue
        asked_of[key] += 1
        held[key] += one.low - 0.5 <= truth <= one.high + 0.5
        widths.setdefault(key, []).append(one.high - one.low)
        if one.machine is not None:
            machine[key] += one.low <= one.machine <= one.high
    print("| texts | intervals | hold the truth | hold the machine's mean | mean width "
          "| words given | right |\n|---|---|---|---|---|---|---|")  # fmt: skip
    for key in sorted({*asked_of, *(one[:3] for one in words)}):
        n = asked_of[key]
        share = f"{held[key] / n:.2f}" if n else "-"
        width = f"{np.mean(widths[key]):.0f}" if n else "-"
        print(f"| {', '.join(key)} | {n} | {share} | {machine[key]} | {width} "
              f"| {words[*key, 'given']} | {words[key]} |")  # fmt: skip


def tone_is(word, truth):
    third = 100 / 3
    return {"worry": truth < -third, "praise": truth > third, "mixed": abs(truth) <= third}.get(
        word, False
    )


if __name__ == "__main__":
    main(sys.argv[1:])
