"""The same figures from svy, linearmodels and diff-diff, wherever these are installed."""

import warnings

import numpy as np
import pytest

from analysis.statistics import interventions, panel
from analysis.statistics.interventions import NEVER, AdoptionPanel
from analysis.statistics.sampling import estimates, samples
from analysis.statistics.sampling.samples import Design, Sample

SEED = 6107


def import_oracle(name):
    return pytest.importorskip(name, reason=f"{name} is an oracle of the tests, not installed here")


def random_people(n=400):
    rng = np.random.default_rng(SEED)
    return {
        "y": rng.normal(50, 20, n),
        "x": rng.uniform(1, 3, n),
        "weight": rng.uniform(1, 5, n),
        "stratum": np.arange(n) % 6,
        "psu": rng.integers(0, 6, n),
        "domain": rng.integers(0, 3, n),
        "age": rng.integers(0, 3, n),
        "sex": rng.integers(0, 2, n),
    }


def sample_of(weight):
    d = random_people()
    design = Design(weight=weight, stratum=d["stratum"], psu=d["psu"])
    return Sample(modes=np.full(len(weight), "sampled"), design=design)


def svy_sample():
    svy, polars = import_oracle("svy"), import_oracle("polars")
    frame = polars.DataFrame(random_people() | {"case": np.arange(400)})
    return svy.Sample(frame, svy.Design(stratum="stratum", psu="psu", wgt="weight"))


def close(ours, theirs, relative=1e-9):
    """Check that figures agree; `python -m tests.bench.statistics.parity` records each call and
    writes docs/method/parity.md.
    """
    assert np.asarray(ours) == pytest.approx(np.asarray(theirs), rel=relative)


def assert_same_means(found, theirs, relative=1e-9):
    both = [[one.est for one in theirs.estimates], [one.se for one in theirs.estimates]]
    close([found.value, found.se], both, relative)


def test_svy_means_totals_and_ratios():
    d, theirs = random_people(), svy_sample().estimation
    ours = sample_of(d["weight"])
    assert_same_means(estimates.means(d["y"], ours), theirs.mean("y"))
    assert_same_means(estimates.totals(d["y"], ours), theirs.total("y"))
    assert_same_means(estimates.ratios(d["y"], d["x"], sample=ours), theirs.ratio("y", "x"))


def test_svy_domains():
    d, theirs = random_people(), svy_sample().estimation.mean("y", by="domain")
    assert [one.by_level[0] for one in theirs.estimates] == [0, 1, 2]
    assert_same_means(estimates.means(d["y"], sample_of(d["weight"]), domain=d["domain"]), theirs)


def test_svy_design_effect():
    d, theirs = random_people(), svy_sample().estimation.mean("y", deff="wr")
    ours = sample_of(d["weight"])
    found = estimates.design_effect(d["y"], ours, estimates.means(d["y"], ours))
    close(found[0], theirs.estimates[0].deff)


def test_svy_raking():
    d = random_people()
    targets = {"age": [500.0, 400, 300], "sex": [650.0, 550]}
    controls = {name: dict(enumerate(values)) for name, values in targets.items()}
    theirs = svy_sample().weighting.rake(controls=controls, tol=1e-10)
    cells = {name: d[name] for name in targets}
    raked = samples.rake(
        d["weight"], cells, {k: np.array(v) for k, v in targets.items()}, trim=None
    )
    close(raked.weight, theirs.data["rk_wgt"].to_numpy(), relative=1e-7)
    projection = estimates.Projection(cells=cells)
    found = estimates.means(d["y"], sample_of(raked.weight), projection=projection)
    assert_same_means(found, theirs.estimation.mean("y"), relative=5e-3)


def random_grid(areas=30, periods=20):
    """Areas x periods with a step for some and deployments for all."""
    rng = np.random.default_rng(SEED)
    start = rng.choice([NEVER, 8, 12], areas, p=[0.5, 0.25, 0.25])
    begun = (start != NEVER)[:, None] & (np.arange(periods) >= start[:, None])
    y = rng.normal(0, 3, (areas, 1)) + rng.normal(0, 1, (areas, periods)) - 1.5 * begun
    return y, start, rng.poisson(2.0, (areas, periods)).astype(float), rng.uniform(5, 20, y.shape)


def linearmodels_fit(y, x, weight):
    models, pandas = import_oracle("linearmodels.panel"), import_oracle("pandas")
    index = pandas.MultiIndex.from_product([range(len(y)), range(y.shape[1])])
    frame = pandas.DataFrame({"y": y.ravel(), "x": x.ravel(), "w": weight.ravel()}, index=index)
    frame = frame.dropna()
    model = models.PanelOLS(
        frame.y, frame[["x"]], weights=frame.w, entity_effects=True, time_effects=True
    )
    return model.fit(cov_type="clustered", cluster_entity=True, group_debias=True)


def test_linearmodels_panel():
    y, _, x, weight = random_grid()
    people = np.full((len(y), 1), 1e4)
    found = panel.fit_panel(panel.Panel(outcome=y, deployments=x, population=people, weight=weight))
    theirs = linearmodels_fit(y, panel.lagged_grid(x, 1), weight)
    ours = [found.beta[0], found.covariance[0, 0] ** 0.5]
    close(ours, [theirs.params["x"], theirs.std_errors["x"]], 1e-8)


def test_linearmodels_difference_in_differences():
    y, start, _, weight = random_grid()
    start = np.where(start == NEVER, NEVER, 10)
    found = interventions.difference_in_differences(
        AdoptionPanel(outcome=y, weight=weight, start=start)
    )
    begun = (start != NEVER)[:, None] & (np.arange(y.shape[1]) >= 10)
    theirs = linearmodels_fit(y, begun.astype(float), weight)
    ours = [found.beta[0], found.covariance[0, 0] ** 0.5]
    close(ours, [theirs.params["x"], theirs.std_errors["x"]], 1e-8)


@pytest.mark.parametrize(
    ("controls", "not_yet"), [("never_treated", False), ("not_yet_treated", True)]
)
def test_diff_diff_staggered_starts(controls, not_yet):
    diff, pandas = import_oracle("diff_diff"), import_oracle("pandas")
    y, start, _, weight = random_grid()
    area, period = np.divmod(np.arange(y.size), y.shape[1])
    began = np.where(start == NEVER, 0, start + 1)[area]
    frame = pandas.DataFrame({"a": area, "t": period + 1, "y": y.ravel(), "g": began})
    names = {"outcome": "y", "unit": "a", "time": "t", "first_treat": "g"}
    model = diff.CallawaySantAnna(
        control_group=controls, base_period="universal", estimation_method="reg"
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = model.fit(frame, **names, aggregate="all")
    found = interventions.callaway_santanna(
        AdoptionPanel(outcome=y, weight=weight, start=start), not_yet=not_yet
    )
    close([found.overall.value, found.overall.se], [theirs.overall_att, theirs.overall_se])
    for since, one in found.since.items():
        then = theirs.event_study_effects[since]
        assert (one.value, one.se) == pytest.approx((then["effect"], then["se"]))
