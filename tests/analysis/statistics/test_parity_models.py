"""Parity of the models with R 4.5.0 (MASS, sandwich, nlme, sae) and with worked examples."""

import csv
import json
from functools import cache

import numpy as np
import pytest
from scipy import optimize

from analysis.statistics import correction, counts, interventions, power, series
from analysis.statistics.correction import ShareEstimate
from analysis.statistics.sampling import index
from analysis.statistics.sampling.samples import Design
from tests import attacks
from tests.bench.statistics import series as yardsticks
from tests.oracles import readings
from tests.reference import FOLDER, NUMBERS


def close(ours, theirs, relative=1e-6, absolute=None):
    """Check that figures agree; `python -m tests.bench.statistics.parity` records each call and
    writes docs/method/parity.md.
    """
    assert np.asarray(ours) == pytest.approx(np.asarray(theirs), rel=relative, abs=absolute)


@cache
def reference():
    return json.loads(NUMBERS.read_text())


def synthetic_figures(name):
    return reference()["project_synthetic_R"][name]


def worked_example(name):
    return reference()["python_worked_examples"][name]


@cache
def table(name):
    with (FOLDER / name).open() as file:
        return list(csv.DictReader(file))


def column(name, field, kind=float):
    return np.array([kind(row[field]) for row in table(name)])


def complaint_columns():
    area = column("synth_complaints.csv", "borough", str)
    y, post, residents = (
        column("synth_complaints.csv", name) for name in ("complaints", "post", "population")
    )
    return y, counts.with_area_dummies(post, area), residents / 1e4, area


def test_poisson_and_its_errors_by_clusters():
    theirs = synthetic_figures("complaints")["poisson"]
    y, x, offset, area = complaint_columns()
    plain, found = counts.fit_poisson(y, x, offset), counts.poisson(y, x, offset, cluster=area)
    close([plain.beta[0], plain.se[0], plain.phi], [theirs["b"], theirs["se"], theirs["phi"]])
    close(found.se[0], theirs["se_cluster_HC0_cadj"])


def test_plain_poisson_errors_are_refused_where_counts_vary_more():
    y, x, offset, _ = complaint_columns()
    with pytest.raises(ValueError, match=r"2\.7 times as much"):
        counts.poisson(y, x, offset)


def test_negative_binomial():
    theirs = synthetic_figures("complaints")["nb2"]
    y, x, offset, _ = complaint_columns()
    found = counts.negative_binomial(y, x, offset)
    close([found.beta[0], found.se[0]], [theirs["b"], theirs["se"]], relative=1e-5)
    close([found.theta, found.log_likelihood], [theirs["theta"], theirs["loglik"]], relative=1e-5)


def test_interrupted_series_by_reml():
    theirs = synthetic_figures("its")["reml"]
    found = interventions.interrupted_series(
        column("synth_its.csv", "y"), int(np.argmax(column("synth_its.csv", "post")))
    )
    close(found.beta, list(theirs["coef"].values()), relative=1e-5)
    close(found.se, list(theirs["se"].values()), relative=1e-5)
    close([found.rho, found.sigma], [theirs["phi"], theirs["sigma"]], relative=1e-5)


def interrupted_columns():
    y, post = column("synth_its.csv", "y"), column("synth_its.csv", "post")
    start = int(np.argmax(post))
    return y, yardsticks.its_design(len(y), start)


def test_interrupted_series_by_least_squares_and_newey_west():
    """Not used by the product: its errors are too small on short series. The bench shows it."""
    theirs = synthetic_figures("its")
    beta, covariance = yardsticks.newey_west(*interrupted_columns(), 4)
    close(beta, list(theirs["ols"].values()))
    close(np.sqrt(np.diag(covariance)), list(theirs["nw4_se"].values()))


def test_interrupted_series_by_full_likelihood():
    theirs, (y, x) = synthetic_figures("its")["ml"], interrupted_columns()
    gap = np.ones(len(y) - 1)

    def unlikely(rho):
        likelihood, _, bread, rest = interventions.restricted_likelihood(y, x, gap, rho)
        return -likelihood + 0.5 * (4 * np.log(rest) + np.linalg.slogdet(bread)[1])

    rho = optimize.minimize_scalar(unlikely, bounds=(0, 0.9), options={"xatol": 1e-10}).x
    _, beta, bread, rest = interventions.restricted_likelihood(y, x, gap, rho)
    close([rho, *beta], [theirs["phi"], *theirs["coef"].values()], relative=1e-5)
    errors = np.sqrt(np.diag(bread) * rest / (len(y) - 4))
    close(errors, list(theirs["se"].values()), relative=1e-5)


def test_shares_put_right_by_labels():
    theirs = worked_example("rogan_gladen")
    found = correction.rogan_gladen(
        ShareEstimate(theirs["q"], theirs["q"] * (1 - theirs["q"]) / theirs["N"]),
        readings.share_estimate(45, theirs["n_pos"]),
        ShareEstimate(theirs["sp"], theirs["sp"] * (1 - theirs["sp"]) / theirs["n_neg"]),
        n=300,
    )
    close([found.value, found.standard_error], [theirs["est"], theirs["se_est"]])


@pytest.mark.parametrize("case", ["ppi_lambda_1", "ppi_lambda_tuned"])
def test_ppi_at_a_given_power(case):
    theirs = worked_example(case)
    cells = [theirs["labelled"][name] for name in ("y1h1", "y1h0", "y0h1", "y0h0")]
    y, f = np.repeat([1.0, 1, 0, 0], cells), np.repeat([1.0, 0, 1, 0], cells)
    n, hits = theirs["unlabelled"]["N"], theirs["unlabelled"]["positives"]
    rest = np.repeat([1.0, 0], [hits, n - hits])
    design = Design(weight=np.ones(len(y)))
    found = correction.ppi(y, f, design, readings.machine_mean(rest), power=theirs["lam"])
    close([found.value, found.standard_error], [theirs["est"], theirs["se"]])


def test_fay_herriot():
    theirs = synthetic_figures("fay_herriot")
    y, psi, x1 = (column("synth_fh.csv", name) for name in ("y", "psi", "x1"))
    found = index.fay_herriot(y, psi, np.column_stack([np.ones(len(y)), x1]))
    close([found.between, *found.beta], [theirs["A"], *theirs["beta"]], relative=1e-5)
    for ours, name in ((found.gamma, "gamma"), (found.value, "eblup"), (found.mse**0.5, "rmse")):
        names = column("synth_fh.csv", "borough", str)
        close(ours, [theirs[name][one] for one in names], relative=1e-5)


def test_control_charts():
    theirs = worked_example("control_charts")
    chart = series.ewma(np.array(theirs["z"]))
    both = np.column_stack([chart.value, chart.limit])
    close(both, theirs["ewma_and_limit"], absolute=1e-6)


def test_detectable_changes():
    theirs = dict(worked_example("mdc"))
    close(power.detectable_effect(1.0), theirs.pop("k"))
    for case, change in theirs.items():
        p, n, deff = (float(part.lstrip("pndef")) for part in case.split("_"))
        close(power.detectable_share(p, n, deff=deff), change)


def test_what_hidden_cells_give_away():
    theirs = worked_example("sdc")
    counts_of = np.array(theirs["table"])
    for name in ("primary_only_audit", "audit_after"):
        cells = set(theirs[name])
        hidden = np.array(
            [[str((i, j)) in cells for j in range(len(row))] for i, row in enumerate(counts_of)]
        )
        for cell, between in attacks.hidden_cell_bounds(counts_of, hidden).items():
            close(between, theirs[name][str(cell)][1:])
