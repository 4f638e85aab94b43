"""Estimates from sums over people who are alike equal those from the people one by one."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.statistics.sampling import estimates, index, samples
from analysis.statistics.sampling.samples import Design, Sample, TrimBounds
from tests.oracles import persons

SEEDS = st.integers(0, 2**32 - 1)
FEW = settings(max_examples=25, deadline=None)
SHARED = ("weight", "stratum", "psu", "domain", "age", "sex")
MARGINS = {"age": 4, "sex": 2}


def random_people(seed, n=400):
    """Few kinds of people, so that many are alike; some answers and kinds are missing."""
    rng = np.random.default_rng(seed)
    stratum = rng.integers(0, 4, n)
    return {
        "y": np.where(rng.random(n) < 0.1, np.nan, rng.integers(0, 101, n).astype(float)),
        "weight": np.array([1.0, 1.5, 4.0, 9.0])[stratum],
        "stratum": stratum,
        "psu": rng.integers(0, 3, n),
        "domain": rng.integers(-1, 3, n),
        "age": rng.integers(-1, 4, n),
        "sex": rng.integers(0, 2, n),
    }


def summed_rows(found):
    """One row of sums for all who share everything but their answer, sorted by what they share."""
    key = np.column_stack([found[name] for name in SHARED])
    kinds, row = np.unique(key, axis=0, return_inverse=True)
    answered = np.isfinite(found["y"])
    rows = dict(zip(SHARED, kinds.T, strict=True))
    whole = {name: rows[name].astype(np.int64) for name in SHARED[1:]}
    return whole | {
        "weight": rows["weight"],
        "persons": np.bincount(row).astype(float),
        "count": np.bincount(row, answered, len(kinds)),
        "total": np.bincount(row, np.nan_to_num(found["y"]), len(kinds)),
        "row": row,
    }


def sample_of(found, weight=None):
    design = Design(
        weight=found["weight"] if weight is None else weight,
        stratum=found["stratum"],
        psu=found["psu"],
    )
    return Sample(modes=np.full(len(found["stratum"]), "sampled"), design=design)


def margin_targets(found):
    """The residents in each category of the margins, in other shares than among those who
    answered.
    """
    whole = float(found["weight"].sum()) * 40
    shares = {"age": np.array([0.4, 0.3, 0.2, 0.1]), "sex": np.array([0.45, 0.55])}
    return {name: whole * share for name, share in shares.items()}


def projection_of(found, persons=None):
    cells = {name: found[name] for name in MARGINS}
    return estimates.Projection(cells=cells, design_weight=found["weight"], persons=persons)


def assert_same_means(first, second):
    for field in dataclasses.fields(first):
        ours, theirs = getattr(first, field.name), getattr(second, field.name)
        assert ours == pytest.approx(theirs, rel=1e-8, abs=1e-12, nan_ok=True), field.name


@FEW
@given(SEEDS, st.booleans())
def test_means_under_design_weights(seed, in_domains):
    one = random_people(seed)
    many = summed_rows(one)
    split = {"domains": 3} if in_domains else {}
    ours = estimates.means_of_sums(
        many["total"],
        many["count"],
        sample=sample_of(many),
        domain=many["domain"] if in_domains else None,
        **split,
    )
    assert_same_means(
        ours,
        estimates.means(
            one["y"], sample_of(one), domain=one["domain"] if in_domains else None, **split
        ),
    )


@FEW
@given(SEEDS)
def test_means_under_raked_weights_with_the_projection(seed):
    one = random_people(seed)
    many = summed_rows(one)
    aims = margin_targets(one)
    weight = samples.rake(one["weight"], {k: one[k] for k in MARGINS}, aims).weight
    of_rows = samples.rake(
        many["weight"], {k: many[k] for k in MARGINS}, aims, persons=many["persons"]
    ).weight
    ours = estimates.means_of_sums(
        many["total"],
        many["count"],
        sample=sample_of(many, of_rows),
        domain=many["domain"],
        domains=3,
        projection=projection_of(many, many["persons"]),
    )
    theirs = estimates.means(
        one["y"],
        sample_of(one, weight),
        domain=one["domain"],
        domains=3,
        projection=projection_of(one),
    )
    assert_same_means(ours, theirs)


@FEW
@given(SEEDS)
def test_a_difference_of_windows(seed):
    one = random_people(seed)
    many = summed_rows(one)
    sides = [
        {"first": found["domain"] == 0, "second": found["domain"] > 0} for found in (one, many)
    ]
    ours = estimates.difference(
        many["total"],
        sample_of(many),
        **sides[1],
        count=many["count"],
        projection=projection_of(many, many["persons"]),
    )
    assert_same_means(
        ours,
        estimates.difference(one["y"], sample_of(one), **sides[0], projection=projection_of(one)),
    )


@FEW
@given(SEEDS, st.sampled_from([None, 1.5, 5.0, TrimBounds()]))
def test_raking_and_trimming(seed, trim):
    one = random_people(seed)
    many = summed_rows(one)
    aims = margin_targets(one)
    theirs = samples.rake(one["weight"], {k: one[k] for k in MARGINS}, aims, trim=trim)
    ours = samples.rake(
        many["weight"],
        {k: many[k] for k in MARGINS},
        aims,
        trim=trim,
        persons=many["persons"],
    )
    assert ours.weight[many["row"]] == pytest.approx(theirs.weight, rel=1e-7)
    assert ours.trimmed_share == pytest.approx(theirs.trimmed_share)


@FEW
@given(SEEDS)
def test_kish(seed):
    one = random_people(seed)
    many = summed_rows(one)
    assert samples.kish(many["weight"], many["persons"]) == pytest.approx(
        samples.kish(one["weight"])
    )


@FEW
@given(SEEDS, st.integers(1, 150))
def test_joining_thin_cells(seed, fewest):
    one = random_people(seed)
    many = summed_rows(one)
    names, target = list("abcd"), margin_targets(one)["age"]
    theirs = samples.collapse_margin(one["age"], target, names, fewest=fewest)
    ours = samples.collapse_margin(
        many["age"], target, names, fewest=fewest, persons=many["persons"].astype(np.int64)
    )
    assert (ours.became, ours.log) == (theirs.became, theirs.log)
    assert (ours.cell[many["row"]] == theirs.cell).all()
    assert ours.target == pytest.approx(theirs.target)


@FEW
@given(SEEDS, st.integers(1, 5))
def test_reliability_from_the_sums_of_parts(seed, parts):
    """Sums of groups of people, added up, against alpha and ω of the answers themselves."""
    rng = np.random.default_rng(seed)
    latent = rng.normal(0, 1, (200, 1))
    answers = np.clip(np.round(3 + latent + rng.normal(0, 0.8, (200, 4))), 1, 5)
    answers[rng.random(answers.shape) < 0.05] = np.nan
    group = rng.integers(0, parts, 200)
    given_ = [persons.item_sums(answers[group == g]) for g in range(parts)]
    joint = index.ItemSums(
        n=sum(one.n for one in given_),
        sums=np.sum([one.sums for one in given_], axis=0),
        products=np.sum([one.products for one in given_], axis=0),
    )
    whole = answers[np.isfinite(answers).all(axis=1)]
    covariance = np.cov(whole, rowvar=False)
    alpha = 4 / 3 * (1 - np.trace(covariance) / covariance.sum())
    assert index.cronbach_alpha(joint).alpha == pytest.approx(alpha)
    rest = [
        np.corrcoef(whole[:, i], np.delete(whole, i, axis=1).sum(axis=1))[0, 1] for i in range(4)
    ]
    assert index.item_rest_correlations(joint) == pytest.approx(rest)
    assert index.mcdonald_omega(joint) == pytest.approx(
        index.mcdonald_omega(persons.item_sums(answers)), rel=1e-6
    )
