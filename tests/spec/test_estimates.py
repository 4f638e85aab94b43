"""How estimates work, as tables: answers in, estimates out. Read it as documentation."""

import numpy as np
import pytest

from analysis.statistics import funnel, rates
from analysis.statistics.sampling import estimates, proportions, samples
from analysis.statistics.sampling.samples import Design, Sample
from survey.editions.force import FunnelLimits
from survey.surveys.instruments import Agreement, Index, Instrument
from survey.surveys.sums import SumLayout


def table_rows(text):
    """The rows of a small table; the first line names the columns, `-` is a missing value."""
    lines = [line.split() for line in text.strip().splitlines()]
    return [dict(zip(lines[0], line, strict=True)) for line in lines[1:]]


def column(table, name, kind=float):
    return np.array([np.nan if row[name] == "-" else kind(row[name]) for row in table])


def survey_sample(table):
    return Sample(
        modes=np.full(len(table), "sampled"),
        design=Design(
            weight=column(table, "weight"),
            stratum=column(table, "area", str),
            psu=column(table, "ward", str),
        ),
    )


def rounded_text(value, digits=2):
    return "-" if value is None else f"{value:.{digits}f}"


def test_an_area_is_estimated_from_its_own_answers_each_with_its_weight():
    """A person with weight 2 counts for twice as many residents; a missing answer is left out.

    The interval comes from the differences between wards: four wards in one area give three
    degrees of freedom. A single ward gives a value without an interval.
    """
    answers = table_rows("""
        area     ward  weight  index
        Camden   a     1       40
        Camden   b     2       55
        Camden   c     1       50
        Camden   d     1       60
        Camden   d     1       -
        Barnet   e     3       70
        Barnet   e     1       30
    """)
    expected = table_rows("""
        area    n  effective_n  value  error  low    high
        Camden  4  3.57         52.00  3.64   40.43  63.57
        Barnet  2  1.60         60.00  -      -      -
    """)
    areas = [row["area"] for row in expected]
    domain = np.array([areas.index(row["area"]) for row in answers])
    found = estimates.means(column(answers, "index"), survey_sample(answers), domain=domain)
    for estimate, row in zip(
        estimates.to_estimates(found, areas, stream="sampled", method="t"), expected, strict=True
    ):
        assert str(estimate.n) == row["n"]
        assert rounded_text(estimate.effective_n) == row["effective_n"]
        assert rounded_text(estimate.value) == row["value"]
        assert rounded_text(estimate.standard_error) == row["error"]
        assert (rounded_text(estimate.low), rounded_text(estimate.high)) == (
            row["low"],
            row["high"],
        )


def test_raking_makes_the_sample_add_up_to_the_residents():
    """Seven older and three younger people answered, but half of the residents are young."""
    answers = table_rows("""
        age    sex     expected
        young  female  18.99
        young  male    15.51
        young  male    15.51
        old    female  7.75
        old    female  7.75
        old    female  7.75
        old    female  7.75
        old    male    6.33
        old    male    6.33
        old    male    6.33
    """)
    cells = {
        "age": np.array([row["age"] == "old" for row in answers]).astype(int),
        "sex": np.array([row["sex"] == "male" for row in answers]).astype(int),
    }
    targets = {"age": np.array([50.0, 50.0]), "sex": np.array([50.0, 50.0])}
    raked = samples.rake(np.ones(len(answers)), cells, targets)
    for name, cell in cells.items():
        assert np.bincount(cell, raked.weight) == pytest.approx(targets[name])
    assert [rounded_text(weight) for weight in raked.weight] == [row["expected"] for row in answers]


def test_the_index_is_the_mean_of_the_answers_on_a_scale_of_0_to_100():
    """`force` is scored in reverse; fewer than three answers give no index."""
    people = table_rows("""
        fair  listen  call  force  index
        5     5       5     1      100.00
        1     1       1     5      0.00
        3     3       3     3      50.00
        4     5       4     2      81.25
        4     -       4     2      75.00
        4     -       -     2      -
    """)
    items = ("fair", "listen", "call", "force")
    layout = SumLayout(
        Instrument(
            slug="asked", version=1, mode="sampled", kind="survey", title={}, summary={},
            items=tuple(
                Agreement(name=name, text={}, labels=(), reverse=name == "force") for name in items
            ),
            index=Index(version="1", items=items, fewest=3),
        )
    )  # fmt: skip
    for row in people:
        answers = {name: int(row[name]) for name in items if row[name] != "-"}
        known, score, _ = layout.of_index(answers)
        assert rounded_text(score / layout.unit if known else None) == row["index"]


def test_a_rate_is_exact_below_ten_events_and_byar_from_ten():
    for row in table_rows("""
        events  residents  rate  low   high  method
        0       100000     0.00  0.00  0.37  exact
        1       100000     0.10  0.00  0.56  exact
        9       100000     0.90  0.41  1.71  exact
        10      100000     1.00  0.48  1.84  Byar
        209     7000000    0.30  0.26  0.34  Byar
    """):
        found = rates.rate("Camden", int(row["events"]), population=float(row["residents"]))
        assert rounded_text(found.per_10_000) == row["rate"]
        assert (rounded_text(found.low), rounded_text(found.high)) == (row["low"], row["high"])
        assert found.method.startswith(row["method"])


def test_a_proportion_is_shown_flagged_or_withheld():
    """The NCHS rule: enough people, a narrow interval, enough clusters."""
    for row in table_rows("""
        share  error  n    df   status
        0.60   0.03   400  30   shown
        0.60   0.03   400  5    flagged
        0.60   0.10   400  30   withheld
        0.60   0.03   20   19   withheld
        0.05   0.02   120  60   withheld
        0.95   0.02   120  60   flagged
    """):
        found = estimates.Means(
            value=column([row], "share"),
            se=column([row], "error"),
            df=column([row], "df", int),
            n=column([row], "n", int),
            n_eff=column([row], "n"),
        )
        (status,) = proportions.nchs_statuses(found, proportions.korn_graubard(found))
        assert status == row["status"], row


def test_an_area_is_below_within_or_above_the_limits():
    """One rule for every figure: the limits around 60 are 55 to 65 (95%) and 52 to 68 (99.8%)."""
    limits = FunnelLimits(size=50.0, low=55.0, high=65.0, lowest=52.0, highest=68.0)
    areas = table_rows("""
        area     value  zone
        Camden   51.9   below
        Barnet   52     low
        Bexley   55     within
        Croydon  65     within
        Sutton   65.1   high
        Merton   68.1   above
    """)
    found = [funnel.limits_status(value, limits) for value in column(areas, "value")]
    assert found == [row["zone"] for row in areas]
