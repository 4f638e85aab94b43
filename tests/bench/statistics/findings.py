"""What is told of many boroughs or groups: how often it is false, and whether intervals hold."""

import datetime
from collections import Counter
from dataclasses import replace
from itertools import chain

import numpy as np
from scipy import stats

from analysis.editions import differences, perception
from analysis.editions.findings import group_gap_findings, outlier_findings, surest_outlier_p
from analysis.editions.inputs import index_windows
from analysis.editions.workings import SHARES, in_index_window
from analysis.statistics import changes, rates
from survey.editions.figures import Estimate
from survey.editions.force import Funnel, FunnelLimits, FunnelPoint
from survey.editions.perception import GroupEstimate
from tests.analysis.editions import made_up_edition, simulated_inputs
from tests.bench.statistics.rows import band_row, coverage, shares_text

AREAS, WARDS, PEOPLE = 33, 6, 8
# How boroughs truly change: by how much all of them do (SD), how many do by far, and by how much.
WORLDS = {
    "none": (0.0, 0, 0.0),
    "all by 1": (1.0, 0, 0.0),
    "all by 3": (3.0, 0, 0.0),
    "all by 6": (6.0, 0, 0.0),
    "two by 15": (0.0, 2, 15.0),
    "five by 15": (0.0, 5, 15.0),
    "two by 25": (0.0, 2, 25.0),
    "all by 1, two by 15": (1.0, 2, 15.0),
}
GROUPS = {
    "age": ("16-24", "25-34", "35-44", "45-54", "55-64", "65-74", "75+"),
    "ethnicity": ("asian", "black", "mixed", "other", "white"),
    "sex": ("female", "male"),
    "disability": ("yes", "no"),
}
FEWER = 20  # replications for each seed of the demo's simulation, which is dear
WINDOWS = 9


def true_changes(rng, world):
    spread, far, by = WORLDS[world]
    truth = rng.normal(0, spread, AREAS) if spread else np.zeros(AREAS)
    truth[:far] += by * rng.choice([-1.0, 1.0], far)
    return truth


def observed_changes(rng, truth):
    """Changes of boroughs from six wards each, the same in both windows, eight people a ward."""
    people = np.maximum(rng.poisson(PEOPLE, (2, AREAS, WARDS)), 1)
    level = rng.normal(60, 3, (AREAS, WARDS)) + np.stack([0 * truth, truth])[:, :, None]
    answers = level + rng.normal(0, 1, people.shape) + rng.normal(0, 20, people.shape) / people**0.5
    size = people.sum(axis=2, keepdims=True)
    mean = (people * answers).sum(axis=2, keepdims=True) / size
    part = people * (answers - mean) / size
    variance = WARDS / (WARDS - 1) * ((part[1] - part[0]) ** 2).sum(axis=1)
    value, worth = (mean[1] - mean[0])[:, 0], 1 / (1 / size).sum(axis=0)[:, 0]
    return [
        change_of(str(i), *row)
        for i, row in enumerate(zip(value.tolist(), variance**0.5, worth.tolist(), strict=True))
    ]


def change_of(name, value, se, worth, df=WARDS - 1):
    reach = float(stats.t.ppf(0.975, df)) * se
    return differences.WindowDifference(
        of="index",
        domain=name,
        value=value,
        low=value - reach,
        high=value + reach,
        p=2 * float(stats.t.sf(abs(value) / se, df)),
        detectable=0.0,
        se=float(se),
        df=df,
        answers=worth,
    )


def told_alone(family):
    """The wrong way: each by its own error, Benjamini-Hochberg, and the interval of one alone."""
    found = changes.discoveries(np.array([one.p for one in family]))
    return [one for one, told in zip(family, found, strict=True) if told]


def told_and_true(told, truth):
    """Rows of low, high, truth and whether what is told has the wrong direction, or none."""
    return [
        (one.low, one.high, true, true == 0 or (one.value > 0) != (true > 0))
        for one in told
        for true in [float(truth[int(one.domain)])]
    ]


def areas(replications, seed):
    """Changes of 33 boroughs in eight worlds, from none to five that change by 15 points."""
    rng = np.random.default_rng(seed)
    rows, alone, false, false_alone = {}, {}, {}, {}
    for world in WORLDS:
        ours, theirs = [], []
        for _ in range(replications):
            truth = true_changes(rng, world)
            family = observed_changes(rng, truth)
            ours.append(told_and_true(differences.picked_areas(family), truth))
            theirs.append(told_and_true(told_alone(family), truth))
        rows[world], alone[world] = ([*chain(*found)] for found in (ours, theirs))
        false[world], false_alone[world] = (
            float(np.mean([any(row[3] for row in one) for one in found]))
            for found in (ours, theirs)
        )
    worst = max(false, key=false.__getitem__)
    every = shares_text(**{world.replace(" ", "_"): share for world, share in false.items()})
    return [
        held_row("intervals of boroughs that were told: hold the truth", rows, alone, replications),
        band_row(
            f"editions with a false finding of a borough, worst world ({worst})",
            false[worst],
            (0.0, 0.05),
            replications,
            f"{every}; each by itself {max(false_alone.values()):.3f}",
        ),
    ]


def held_row(check, rows, alone, replications):
    """The share of told intervals, over all worlds, that hold the truth."""
    held, before = (
        coverage(*np.array([row[:3] for found in of.values() for row in found]).T)
        for of in (rows, alone)
    )
    told = ", ".join(
        f"{world} {sum(low <= true <= high for low, high, true, _ in found)} of {len(found)}"
        for world, found in rows.items()
    )
    return band_row(check, held, (0.93, 0.97), replications, f"{told}; each by itself {before:.3f}")


def demo(replications, seed):
    """The demo's own simulation: every fourth week of 40, its boroughs told and the truth."""
    ours, theirs = [], []
    seeds = max(replications // FEWER, 1)
    for one in range(seeds):
        for family, told, truth in demo_windows(seed + one):
            ours.append(told_and_true(told, truth))
            theirs.append(told_and_true(told_alone(family), truth))
    false = float(np.mean([any(row[3] for row in one) for one in ours]))
    told, alone = [*chain(*ours)], [*chain(*theirs)]
    note = (
        f"{len(told)} told, {sum(low <= true <= high for low, high, true, _ in told)} hold; "
        f"each by itself {len(alone)} told, "
        f"{sum(low <= true <= high for low, high, true, _ in alone)} hold"
    )
    check = f"the demo's simulation, {len(ours)} editions: with a false finding of a borough"
    return [band_row(check, false, (0.0, 0.05), seeds, note)]


def demo_windows(seed):
    """The changes of boroughs in weekly editions of a simulated city, what is told, the truth."""
    city = simulated_inputs.simulated_city(seed, 4 * (WINDOWS + 1))
    cells = simulated_inputs.answer_cells(city.sampled)
    whole = simulated_inputs.inputs_of_city(seed, 8, "weekly")
    for window in range(2, WINDOWS + 2):
        end = simulated_inputs.FIRST + datetime.timedelta(weeks=4 * window, days=-1)
        start = end - datetime.timedelta(days=6)
        asked = [one for one in cells if one.alike.since <= end]
        firsts = index_windows("weekly", start, end)
        sampled = simulated_inputs.sampled_answers(asked, firsts)
        given = replace(whole, start=start, end=end, sampled=sampled)
        inside = in_index_window(given)
        asked = perception.window_respondents(given, inside)
        both = differences.joined_windows(given, asked, inside)
        found = differences.index_differences(both, given.codes, both.sampled.area)
        family = [replace(one, domain=str(given.codes.index(one.domain))) for one in found]
        now, before = (
            city.truth[:, 4 * (window - k) : 4 * (window - k + 1)].mean(axis=1) for k in (1, 2)
        )
        yield family, differences.picked_areas(family), now - before


def gaps(replications, seed):
    """Groups that do not differ: editions that say which has the lowest and the highest index."""
    rng = np.random.default_rng(seed)
    told = before = 0
    for _ in range(replications):
        rows = [
            row for dimension, many in GROUPS.items() for row in equal_groups(rng, dimension, many)
        ]
        edition = made_up_edition.sample(kind="monthly", groups=tuple(rows))
        told += bool([*group_gap_findings(edition)])
        before += bool(told_apart(rows))
    return [
        band_row(
            "groups that do not differ: editions that say they do",
            told / replications,
            (0.0, 0.02),
            replications,
            shares_text(intervals_apart=before / replications),
        )
    ]


def equal_groups(rng, dimension, categories):
    for category in categories:
        value = float(rng.normal(60, 1.5))
        yield GroupEstimate(
            dimension=dimension,
            category=category,
            measure="index",
            estimate=Estimate(
                domain="London",
                stream="sampled",
                n=300,
                effective_n=250.0,
                value=value,
                standard_error=1.5,
                low=value - 1.96 * 1.5,
                high=value + 1.96 * 1.5,
                method="",
            ),
        )


def told_apart(rows):
    """The wrong way: of the widest gap of each dimension, the two intervals do not meet."""
    found = []
    for dimension in GROUPS:
        mine = sorted(one.estimate.value for one in rows if one.dimension == dimension)
        found += [dimension] if mine[-1] - mine[0] > 2 * 1.96 * 1.5 else []
    return found


def outliers(replications, seed):
    """Boroughs that do not differ: editions that tell of one outside the funnel's 99.8% limits."""
    rng = np.random.default_rng(seed)
    told = before = 0
    for _ in range(replications):
        funnel = equal_areas(rng)
        edition = made_up_edition.sample(kind="monthly", funnels=(funnel,))
        told += bool([*outlier_findings(edition)])
        before += any(one.place != "within" for one in funnel.spots)
    return [
        band_row(
            "boroughs that do not differ: editions that tell of an outlier",
            told / replications,
            (0.0, 0.02),
            replications,
            shares_text(any_outside=before / replications),
        )
    ]


def equal_areas(rng):
    limits = tuple(
        FunnelLimits(size=size, low=54, high=66, lowest=60 - 3.09 * 3, highest=60 + 3.09 * 3)
        for size in (10.0, 50.0)
    )
    spots = tuple(
        FunnelPoint(domain=str(i), size=30.0, value=value, place=place_of(value))
        for i, value in enumerate(rng.normal(60, 3, AREAS).tolist())
    )
    return Funnel(measure="index", target=60.0, spots=spots, limits=limits)


def place_of(value):
    return "above" if value > 60 + 3.09 * 3 else "below" if value < 60 - 3.09 * 3 else "within"


def quiet(replications, seed):
    """Monthly editions in which nothing changed and nothing differs, with any finding of London,
    questions, boroughs, groups, the funnel or deployments; and with any if London, questions,
    boroughs and the funnel had 5% each.
    """
    rng = np.random.default_rng(seed)
    found, alone = Counter(), 0
    for _ in range(replications):
        kinds, each = false_findings(rng)
        found.update([*kinds, *(["any"] if kinds else [])])
        alone += any(each)
    every = shares_text(**{kind: many / replications for kind, many in found.items()})
    return [
        band_row(
            "nothing changed and nothing differs: editions with a finding",
            found["any"] / replications,
            (0.0, 0.05),
            replications,
            f"{every}; 5% for each of four kinds {alone / replications:.3f}",
        )
    ]


def false_findings(rng):
    """The kinds of findings of a quiet edition, and whether each of four has one with 5% of its
    own.
    """
    share = SHARES["monthly"]
    london = change_of("London", float(rng.normal()), 1.0, 800.0, df=1000)
    both = rng.normal()  # people answer four questions about alike
    questions = [
        change_of(str(i), 0.8 * both + 0.6 * float(rng.normal()), 1.0, 800.0, df=1000)
        for i in range(4)
    ]
    family = observed_changes(rng, np.zeros(AREAS))
    before, now = int(rng.poisson(1300)), int(rng.poisson(430))
    lowest, highest = rates.prediction_interval(
        before, 91, coming=30, level=1 - share["deployments"]
    )
    rows = [row for of, many in GROUPS.items() for row in equal_groups(rng, of, many)]
    edition = made_up_edition.sample(
        kind="monthly", groups=tuple(rows), funnels=(equal_areas(rng),)
    )
    kinds = {
        "london": differences.difference_by_share(london, share["city"]).p < differences.GOOD,
        "questions": bool(differences.picked_items(questions, share["questions"])),
        "boroughs": bool(differences.picked_areas(family, share["boroughs"])),
        "deployments": not lowest <= now <= highest,
        "groups": bool([*group_gap_findings(edition)]),
        "funnel": bool([*outlier_findings(edition)]),
    }
    each = (
        london.p < differences.GOOD,
        bool(differences.picked_items(questions)),
        bool(differences.picked_areas(family)),
        surest_outlier_p(edition.funnels[0]) < differences.GOOD,
    )
    return [kind for kind, told in kinds.items() if told], each


CRITERIA = (areas, demo, gaps, outliers, quiet)
