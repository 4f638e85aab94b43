"""Parity with R 4.5.0 (survey 4.4-2, clubSandwich) on the synthetic files of tests/reference."""

import csv
import dataclasses
import json
from functools import cache

import numpy as np
import pytest

from analysis.statistics import (
    estimates,
    funnel,
    index,
    panel,
    proportions,
    rates,
    small_sample,
    weights,
)
from analysis.statistics.streams import Design, Sample
from tests.bench.statistics.panels import pooled
from tests.reference import FOLDER, NUMBERS


def close(ours, theirs, relative=1e-6, absolute=None):
    """`python -m tests.bench.statistics.parity` listens here and writes docs/method/parity.md."""
    assert np.asarray(ours) == pytest.approx(np.asarray(theirs), rel=relative, abs=absolute)


@cache
def reference():
    return json.loads(NUMBERS.read_text())


def synthetic():
    return reference()["project_synthetic_R"]


def worked():
    return reference()["python_worked_examples"]


@cache
def table(name):
    with (FOLDER / name).open() as file:
        return list(csv.DictReader(file))


def column(name, field, kind=float):
    return np.array([kind(row[field]) for row in table(name)])


@cache
def margins():
    return json.loads((FOLDER / "synth_margins.json").read_text())


def answer(field):
    return column("synth_survey.csv", field)


def cells():
    return {
        name: np.array(
            [list(found).index(value) for value in column("synth_survey.csv", name, str)]
        )
        for name, found in margins().items()
    }


@cache
def raked():
    targets = {name: np.array(list(found.values())) for name, found in margins().items()}
    return weights.rake(answer("base_weight"), cells(), targets, trim=None)


def sample(weight):
    stratum, psu = (column("synth_survey.csv", name, str) for name in ("borough", "psu"))
    return Sample(
        modes=np.full(len(weight), "sampled"),
        design=Design(weight=weight, stratum=stratum, psu=psu),
    )


def as_rake():
    return estimates.Projection(cells=cells())


def as_calibrate():
    return estimates.Projection(cells=cells(), design_weight=answer("base_weight"))


def by(margin, field="index"):
    return estimates.means(
        answer(field), sample(raked().weight), domain=cells()[margin], projection=as_rake()
    )


def test_mean_by_design_weights():
    theirs = synthetic()["survey"]["base"]
    found = estimates.means(answer("index"), sample(answer("base_weight")))
    close([*found.value, *found.se], [theirs["est"], theirs["se"]])


def test_raked_weights():
    theirs = synthetic()["survey"]
    weight = raked().weight
    close([weight.min(), weight.max()], [theirs["w_min"], theirs["w_max"]])
    close(weights.kish(weight), [theirs["kish_deff"], theirs["kish_neff"]])


def test_raked_mean_projected_as_r_rake_does():
    theirs = synthetic()["survey"]["raked"]
    found = estimates.means(answer("index"), sample(raked().weight), projection=as_rake())
    close([*found.value, *found.se], [theirs["est"], theirs["se_R_rake"]])
    assert found.df.tolist() == [theirs["df"]]


def test_raked_mean_projected_by_design_weights():
    theirs = synthetic()["survey"]["calibrate_raking"]
    found = estimates.means(answer("index"), sample(raked().weight), projection=as_calibrate())
    close([*found.value, *found.se], [theirs["est"], theirs["se"]])


@pytest.mark.parametrize(
    ("margin", "values", "errors"),
    [
        ("borough", ("borough",), ("borough_se",)),
        ("ethnicity", ("by_ethnicity", "est"), ("by_ethnicity", "se")),
    ],
)
def test_domains(margin, values, errors):
    found = by(margin)
    for path, ours in ((values, found.value), (errors, found.se)):
        theirs = synthetic()["survey"]
        for step in path:
            theirs = theirs[step]
        close(ours, [theirs[name] for name in margins()[margin]])


def test_difference_of_two_domains():
    theirs = synthetic()["survey"]["by_ethnicity"]["black_minus_white"]
    column_of = list(margins()["ethnicity"]).index
    who = cells()["ethnicity"]
    found = estimates.difference(
        answer("index"),
        sample(raked().weight),
        first=who == column_of("Black"),
        second=who == column_of("White"),
        projection=as_rake(),
    )
    close([*found.value, *found.se], [theirs["est"], theirs["se"]])


def test_proportion_with_korn_graubard():
    theirs = synthetic()["survey"]["fair"]
    found = estimates.means(answer("fair"), sample(raked().weight), projection=as_rake())
    limits = proportions.korn_graubard(found)
    close([*found.value, *found.se], [theirs["est"], theirs["se"]])
    close([*limits.low, *limits.high], theirs["kg"])
    logit = proportions.logit(found)
    close([*logit.low, *logit.high], theirs["logit"])


@pytest.mark.parametrize("case", range(4))
def test_proportion_intervals(case):
    theirs = worked()["proportion_intervals"][case]
    found = estimates.Means(
        value=np.array([theirs["p"]]),
        se=np.array([theirs["se"]]),
        df=np.array([theirs["df"]]),
        n=np.array([theirs["n"]]),
        n_eff=np.array([float(theirs["n"])]),
    )
    exact, score = proportions.korn_graubard(found), proportions.wilson(found)
    close([*exact.low, *exact.high], theirs["kg"])
    close([*score.low, *score.high], theirs["wilson_neff_t"])
    free, logit = proportions.korn_graubard(found, truncate=False), proportions.logit(found)
    close([*free.low, *free.high], theirs["kg_untruncated"])
    close([*logit.low, *logit.high], theirs["logit"])


def test_kish():
    theirs = worked()["kish"]
    close(weights.kish(np.array(theirs["w"])), [theirs["deff"], theirs["neff"]])


def test_alpha_with_feldt():
    theirs = synthetic()["reliability"]
    found = index.reliability(
        index.together(np.column_stack([answer(f"q{i}") for i in (1, 2, 3, 4)]))
    )
    close([found.alpha, found.low, found.high], [theirs["alpha"], *theirs["feldt"]])


def test_omega_of_one_factor():
    ours = index.omega(index.together(np.column_stack([answer(f"q{i}") for i in (1, 2, 3, 4)])))
    close(ours, synthetic()["reliability"]["omega_ml"], relative=1e-5)


def test_index_is_the_mean_of_the_items():
    items = np.column_stack([answer(f"q{i}") for i in (1, 2, 3, 4)])
    close(index.score(items, reverse=[False] * 4, fewest=3), answer("index"))


@cache
def observed():
    rows = table("synth_panel.csv")
    names = sorted({row["borough"] for row in rows})
    shape = (len(names), 1 + max(int(row["t"]) for row in rows))
    grids = {k: np.full(shape, np.nan) for k in ("index_mean", "deployments", "population")}
    grids["n_responses"] = np.zeros(shape)
    for row in rows:
        for field, grid in grids.items():
            grid[names.index(row["borough"]), int(row["t"])] = float(row[field])
    outcome, deployments, population, weight = grids.values()
    return panel.Panel(
        outcome=outcome, deployments=deployments, population=population, weight=weight
    )


@pytest.mark.parametrize("case", ["weighted", "unweighted"])
def test_panel(case):
    theirs = synthetic()["panel"][case]
    ours = observed()
    if case == "unweighted":
        ours = dataclasses.replace(ours, weight=np.ones_like(ours.weight))
    found = panel.fit(ours)
    close([*found.beta, *found.se], [theirs["b"], theirs["se_CR1"]])
    assert found.cells == synthetic()["panel"]["n"]


@pytest.mark.parametrize("case", ["weighted", "unweighted"])
def test_panel_cr2(case):
    theirs = synthetic()["panel"][case]
    ours = observed()
    if case == "unweighted":
        ours = dataclasses.replace(ours, weight=np.ones_like(ours.weight))
    found = small_sample.cr2(ours)
    close([found.se, found.df], [theirs["se_CR2"], theirs["df_satt"]])


def test_panel_pooled_is_another_figure():
    """What the product never shows: one regression of all on all."""
    theirs, ours = synthetic()["panel"], observed()
    close(pooled(ours)[0], theirs["pooled_b"])
    close(ours.deployments.sum(), theirs["total_deployments"])


def test_panel_lag_profile():
    for lag, found in enumerate(panel.profile(observed()).fits):
        theirs = synthetic()["panel_lag_profile"][f"lag{lag}"]
        close([*found.beta, *found.se], [theirs["b"], theirs["se"]])


def of_group(name):
    rows = [row for row in table("synth_force.csv") if row["ethnicity"] == name]
    return sum(int(row["events"]) for row in rows), sum(float(row["population"]) for row in rows)


@pytest.mark.parametrize("group", ["Asian", "Black", "Other"])
def test_rate_ratio(group):
    theirs = synthetic()["force_rr"][group]
    found = rates.rate_ratio(of_group(group), of_group("White"))
    close([found.value, found.low, found.high], [theirs["rr"], *theirs["exact"]])
    close(found.p, theirs["p"])
    events, population = of_group(group)
    close(rates.rate(group, events, population=population).per_10_000, theirs["rate10k"])


def test_funnel_limits():
    for expected, limits in worked()["funnel_poisson_SIR_limits"].items():
        for probability, limit in limits.items():
            ours = funnel.poisson_limit(float(expected), float(probability))
            close(ours, limit, absolute=1e-6)
