"""Parity with R 4.5.0 (survey 4.4-2, clubSandwich) on the synthetic files of tests/reference."""

import csv
import dataclasses
import json
from functools import cache

import numpy as np
import pytest

from analysis.statistics import funnel, panel, rates
from analysis.statistics.sampling import estimates, index, proportions, samples
from analysis.statistics.sampling.samples import Design, Sample
from tests.bench.statistics.panels import pooled_fit
from tests.oracles import persons
from tests.reference import FOLDER, NUMBERS


def close(ours, theirs, relative=1e-6, absolute=None):
    """Check that figures agree; `python -m tests.bench.statistics.parity` records each call and
    writes docs/method/parity.md.
    """
    assert np.asarray(ours) == pytest.approx(np.asarray(theirs), rel=relative, abs=absolute)


@cache
def reference():
    return json.loads(NUMBERS.read_text())


def synthetic_figures():
    return reference()["project_synthetic_R"]


def worked_examples():
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


def answers_to(field):
    return column("synth_survey.csv", field)


def cells():
    return {
        name: np.array(
            [list(found).index(value) for value in column("synth_survey.csv", name, str)]
        )
        for name, found in margins().items()
    }


@cache
def raked_weights():
    targets = {name: np.array(list(found.values())) for name, found in margins().items()}
    return samples.rake(answers_to("base_weight"), cells(), targets, trim=None)


def sample(weight):
    stratum, psu = (column("synth_survey.csv", name, str) for name in ("borough", "psu"))
    return Sample(
        modes=np.full(len(weight), "sampled"),
        design=Design(weight=weight, stratum=stratum, psu=psu),
    )


def rake_projection():
    return estimates.Projection(cells=cells())


def calibrate_projection():
    return estimates.Projection(cells=cells(), design_weight=answers_to("base_weight"))


def means_by(margin, field="index"):
    return estimates.means(
        answers_to(field),
        sample(raked_weights().weight),
        domain=cells()[margin],
        projection=rake_projection(),
    )


def test_mean_by_design_weights():
    theirs = synthetic_figures()["survey"]["base"]
    found = estimates.means(answers_to("index"), sample(answers_to("base_weight")))
    close([*found.value, *found.se], [theirs["est"], theirs["se"]])


def test_raked_weights():
    theirs = synthetic_figures()["survey"]
    weight = raked_weights().weight
    close([weight.min(), weight.max()], [theirs["w_min"], theirs["w_max"]])
    close(samples.kish(weight), [theirs["kish_deff"], theirs["kish_neff"]])


def test_raked_mean_projected_as_r_rake_does():
    theirs = synthetic_figures()["survey"]["raked"]
    found = estimates.means(
        answers_to("index"), sample(raked_weights().weight), projection=rake_projection()
    )
    close([*found.value, *found.se], [theirs["est"], theirs["se_R_rake"]])
    assert found.df.tolist() == [theirs["df"]]


def test_raked_mean_projected_by_design_weights():
    theirs = synthetic_figures()["survey"]["calibrate_raking"]
    found = estimates.means(
        answers_to("index"), sample(raked_weights().weight), projection=calibrate_projection()
    )
    close([*found.value, *found.se], [theirs["est"], theirs["se"]])


@pytest.mark.parametrize(
    ("margin", "values", "errors"),
    [
        ("borough", ("borough",), ("borough_se",)),
        ("ethnicity", ("by_ethnicity", "est"), ("by_ethnicity", "se")),
    ],
)
def test_domains(margin, values, errors):
    found = means_by(margin)
    for path, ours in ((values, found.value), (errors, found.se)):
        theirs = synthetic_figures()["survey"]
        for step in path:
            theirs = theirs[step]
        close(ours, [theirs[name] for name in margins()[margin]])


def test_difference_of_two_domains():
    theirs = synthetic_figures()["survey"]["by_ethnicity"]["black_minus_white"]
    column_of = list(margins()["ethnicity"]).index
    who = cells()["ethnicity"]
    found = estimates.difference(
        answers_to("index"),
        sample(raked_weights().weight),
        first=who == column_of("Black"),
        second=who == column_of("White"),
        projection=rake_projection(),
    )
    close([*found.value, *found.se], [theirs["est"], theirs["se"]])


def test_proportion_with_korn_graubard():
    theirs = synthetic_figures()["survey"]["fair"]
    found = estimates.means(
        answers_to("fair"), sample(raked_weights().weight), projection=rake_projection()
    )
    limits = proportions.korn_graubard(found)
    close([*found.value, *found.se], [theirs["est"], theirs["se"]])
    close([*limits.low, *limits.high], theirs["kg"])
    logit = proportions.logit(found)
    close([*logit.low, *logit.high], theirs["logit"])


@pytest.mark.parametrize("case", range(4))
def test_proportion_intervals(case):
    theirs = worked_examples()["proportion_intervals"][case]
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
    theirs = worked_examples()["kish"]
    close(samples.kish(np.array(theirs["w"])), [theirs["deff"], theirs["neff"]])


def test_alpha_with_feldt():
    theirs = synthetic_figures()["reliability"]
    found = index.cronbach_alpha(
        persons.item_sums(np.column_stack([answers_to(f"q{i}") for i in (1, 2, 3, 4)]))
    )
    close([found.alpha, found.low, found.high], [theirs["alpha"], *theirs["feldt"]])


def test_omega_of_one_factor():
    ours = index.mcdonald_omega(
        persons.item_sums(np.column_stack([answers_to(f"q{i}") for i in (1, 2, 3, 4)]))
    )
    close(ours, synthetic_figures()["reliability"]["omega_ml"], relative=1e-5)


def test_index_is_the_mean_of_the_items():
    items = np.column_stack([answers_to(f"q{i}") for i in (1, 2, 3, 4)])
    close(persons.index_scores(items, reverse=[False] * 4, fewest=3), answers_to("index"))


@cache
def observed_panel():
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


def cr1_errors(found):
    """What R's vcovCR of plm gives; the product judges by CR2."""
    return np.sqrt(np.diag(found.covariance))


@pytest.mark.parametrize("case", ["weighted", "unweighted"])
def test_panel(case):
    theirs = synthetic_figures()["panel"][case]
    ours = observed_panel()
    if case == "unweighted":
        ours = dataclasses.replace(ours, weight=np.ones_like(ours.weight))
    found = panel.fit_panel(ours)
    close([*found.beta, *cr1_errors(found)], [theirs["b"], theirs["se_CR1"]])
    assert found.cells == synthetic_figures()["panel"]["n"]


@pytest.mark.parametrize("case", ["weighted", "unweighted"])
def test_panel_cr2(case):
    theirs = synthetic_figures()["panel"][case]
    ours = observed_panel()
    if case == "unweighted":
        ours = dataclasses.replace(ours, weight=np.ones_like(ours.weight))
    found = panel.fit_panel(ours)
    close([*found.se, *found.df], [theirs["se_CR2"], theirs["df_satt"]])


def test_panel_pooled_is_another_figure():
    """What the product never shows: one regression of all on all."""
    theirs, ours = synthetic_figures()["panel"], observed_panel()
    close(pooled_fit(ours)[0], theirs["pooled_b"])
    close(ours.deployments.sum(), theirs["total_deployments"])


def test_panel_lag_profile():
    """R compared the lags on the cells that all of them have."""
    ours = observed_panel()
    shared = np.where(np.arange(ours.outcome.shape[1]) < 4, np.nan, ours.outcome)
    given = dataclasses.replace(ours, outcome=shared)
    for lag, found in enumerate(panel.lag_profile(given).fits):
        theirs = synthetic_figures()["panel_lag_profile"][f"lag{lag}"]
        close([*found.beta, *cr1_errors(found)], [theirs["b"], theirs["se"]])


def group_events(name):
    rows = [row for row in table("synth_force.csv") if row["ethnicity"] == name]
    return sum(int(row["events"]) for row in rows), sum(float(row["population"]) for row in rows)


@pytest.mark.parametrize("group", ["Asian", "Black", "Other"])
def test_rate_ratio(group):
    theirs = synthetic_figures()["force_rr"][group]
    found = rates.rate_ratio(group_events(group), group_events("White"))
    close([found.value, found.low, found.high], [theirs["rr"], *theirs["exact"]])
    close(found.p, theirs["p"])
    events, population = group_events(group)
    close(rates.rate(group, events, population=population).per_10_000, theirs["rate10k"])


def test_funnel_limits():
    for expected, limits in worked_examples()["funnel_poisson_SIR_limits"].items():
        for probability, limit in limits.items():
            ours = funnel.poisson_limit(float(expected), float(probability))
            close(ours, limit, absolute=1e-6)
