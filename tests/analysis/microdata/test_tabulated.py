"""The notes to the table of estimates, and how the table rounds its figures."""

import msgspec
import pytest

from analysis.microdata import TabulatedFigure
from analysis.microdata.benchmarks import Raking
from analysis.microdata.designs import DesignColumns, DesignSummary, WeightSummary
from api.commands import estimate

FIGURE = TabulatedFigure(
    kind="mean",
    of="x",
    domain="everyone",
    n=1_200,
    missing=3,
    effective_n=1_000.04,
    value=40.892518,
    standard_error=0.4410077,
    degrees_of_freedom=231,
    low=40.02,
    high=None,
    interval="t",
)
DESIGN = DesignSummary(
    columns=DesignColumns(weight="w"),
    rows=1_203,
    strata=1,
    psus=1_203,
    lone_strata=(),
    weights=WeightSummary(
        sum=10.0, least=1.0, largest=2.0, design_effect=1.1, effective_n=9.0, flag="green"
    ),
    raking=None,
)
RAKING = Raking(
    margins=("sex",),
    residuals="rake",
    trim=5.0,
    cycles=1,
    largest_residual=4e-10,
    trimmed_share=0.025,
    unknown={"sex": 2},
)


def table(*figures, design=DESIGN):
    return estimate.as_table(
        estimate.Tabulation(
            file="f.csv", confidence=0.9, design=design, estimates=figures, notes=()
        )
    )


@pytest.mark.parametrize(
    ("error", "shown"), [(0.4410077, "0.4410"), (0.007567, "0.007567"), (55_967.2, "55,967")]
)
def test_four_digits_of_the_standard_error_are_shown(error, shown):
    assert shown in table(msgspec.structs.replace(FIGURE, standard_error=error)).split()


def test_a_table_says_what_the_interval_is_and_what_there_is_not():
    text = table(FIGURE, msgspec.structs.replace(FIGURE, domain="a=b", standard_error=None))
    assert "Mean of x; 90% interval: estimate ± t × std error" in text
    assert text.splitlines()[-1].split()[:4] == ["a=b", "40.8925", "-", "40.0200"]
    assert "1,203 rows, 1 stratum, 1,203 PSUs" in text


def test_raking_is_told():
    text = table(FIGURE, design=msgspec.structs.replace(DESIGN, raking=RAKING))
    assert "Raked to sex: converged in 1 cycle to within 4e-10 of every target" in text
    assert "trimmed: 2.5% of them; residuals unweighted, as in R's rake()" in text


def design_flagged(flag):
    weights = msgspec.structs.replace(DESIGN.weights, flag=flag)
    return msgspec.structs.replace(DESIGN, weights=weights)


@pytest.mark.parametrize(
    ("design", "figure", "words"),
    [
        (msgspec.structs.replace(DESIGN, columns=DesignColumns()), FIGURE, "No --weight was given"),
        (msgspec.structs.replace(DESIGN, lone_strata=("A",)), FIGURE, "Lone PSU in A: measured"),
        (msgspec.structs.replace(DESIGN, raking=RAKING), FIGURE, "2 rows have no sex: their share"),
        (design_flagged("amber"), FIGURE, "The design effect of the weights is above 2."),
        (design_flagged("red"), FIGURE, "above 4, too unequal to publish from."),
        (DESIGN, msgspec.structs.replace(FIGURE, degrees_of_freedom=0), "Where df is 0"),
    ],
)
def test_what_a_reader_has_to_know_is_noted(design, figure, words):
    (note,) = estimate.reader_notes(design, (figure,), {"area": 0})
    assert words in note


def test_where_there_is_nothing_to_note_nothing_is():
    assert estimate.reader_notes(DESIGN, (FIGURE,), {}) == []
    assert estimate.reader_notes(DESIGN, (FIGURE,), {"area": 1}) == [
        "1 row has no area: in none of its domains."
    ]
