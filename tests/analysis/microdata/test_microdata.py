"""A file of microdata, from its cells to estimates, without a command line, a file or a
database.
"""

import csv
import json
from functools import cache

import numpy as np
import pytest

from analysis import microdata
from analysis.microdata import (
    ColumnValue,
    FigureRequest,
    TabulationRequest,
    benchmarks,
    designs,
    files,
)
from analysis.microdata.benchmarks import Benchmarks
from analysis.microdata.designs import DesignColumns
from analysis.microdata.files import Microdata
from analysis.statistics.sampling import estimates
from survey.problems import Problem
from tests.reference import FOLDER, NUMBERS


def microdata_file(**columns):
    """Microdata from columns, each written as words with spaces between."""
    cells = {name: text.split(" ") for name, text in columns.items()}
    n = len(next(iter(cells.values())))
    return Microdata(name="f.csv", columns=cells, lines=range(2, n + 2))


EIGHT_PEOPLE = {
    "x": "2.8 4.1 6.8 6.8 9.2 3.7 6.6 4.2",
    "area": "A A A A A B B B",
    "weight": "3 3 3 3 3 4 4 4",
    "fpc": "15 15 15 15 15 12 12 12",
    "sex": "F M F M F M M F",
    "fair": "0 1 1 0 1 0 1 NA",
}
MEAN = FigureRequest(kind="mean", variable="x")
BY_AREA = DesignColumns(weight="weight", stratum="area")


def tabulated_figures(file, *wanted, drawing=BY_AREA, aims=None, **asked):
    drawn = designs.microdata_sample(file, drawing, aims)
    return microdata.tabulated_figures(
        file, drawn, TabulationRequest(wanted=wanted or (MEAN,), **asked)
    )


def expect_refusal(code, do):
    with pytest.raises(Problem) as found:
        do()
    assert found.value.code == code
    assert found.value.remedy
    return found.value


def test_a_mean_by_hand():
    """Stratum by stratum: w²·n·s², with and without 1 - n/N."""
    x, area = np.array(EIGHT_PEOPLE["x"].split(), float), np.array(EIGHT_PEOPLE["area"].split())
    parts = [
        (w**2 * len(y) * y.var(ddof=1), 1 - len(y) / n)
        for w, y, n in ((3, x[area == "A"], 15), (4, x[area == "B"], 12))
    ]
    (free,) = tabulated_figures(microdata_file(**EIGHT_PEOPLE))
    (held,) = tabulated_figures(
        microdata_file(**EIGHT_PEOPLE),
        drawing=DesignColumns(weight="weight", stratum="area", fpc="fpc"),
    )
    assert free.value == pytest.approx(147.1 / 27)
    assert free.standard_error == pytest.approx(sum(v for v, _ in parts) ** 0.5 / 27)
    assert held.standard_error == pytest.approx(sum(v * f for v, f in parts) ** 0.5 / 27)
    assert (free.n, free.missing, free.degrees_of_freedom) == (8, 0, 6)


def test_columns_are_found_by_name_whatever_their_case():
    file = microdata_file(**{"age of person": "1 2"})
    assert files.number_column(file, "Age of  Person").tolist() == [1, 2]
    wrong = expect_refusal("microdata.column", lambda: files.number_column(file, "agee"))
    assert "age of person" in wrong.remedy


@pytest.mark.parametrize("cell", ["many", "1_000", "inf", "nan", "1,5", "0x10"])
def test_what_is_no_number_is_refused_by_row_and_column(cell):
    file = microdata_file(x=f"1 {cell} 3 {cell}")
    wrong = expect_refusal("microdata.cells", lambda: files.number_column(file, "x"))
    assert wrong.sentence.startswith(f"f.csv: row 3, column 'x': '{cell}' is not a number")
    assert [fault.where for fault in wrong.faults] == ["row 3, column 'x'", "row 5, column 'x'"]
    assert wrong.sentence.endswith("and 1 more.")


@pytest.mark.parametrize("cell", ["0", "-1", "NA", "", "x"])
def test_a_weight_is_a_number_above_nothing_in_every_row(cell):
    file = microdata_file(**EIGHT_PEOPLE | {"weight": f"3 3 3 3 3 4 4 {cell}"})
    assert "row 9" in expect_refusal("microdata.cells", lambda: tabulated_figures(file)).sentence


@pytest.mark.parametrize("column", ["stratum", "psu"])
def test_everyone_was_drawn_somewhere(column):
    file = microdata_file(x="1 2 3", h="A NA A")
    drawing = DesignColumns(**{column: "h"})
    assert (
        "is empty"
        in expect_refusal(
            "microdata.cells", lambda: designs.microdata_sample(file, drawing)
        ).sentence
    )


def test_a_number_of_faults_is_told_and_not_all_of_them():
    wrong = expect_refusal(
        "microdata.cells", lambda: files.number_column(microdata_file(x="a " * 30 + "a"), "x")
    )
    assert len(wrong.faults) == 20
    assert "and 30 more" in wrong.sentence


def test_a_proportion_is_of_nought_and_one_or_of_a_value():
    file = microdata_file(**EIGHT_PEOPLE)
    share, women = tabulated_figures(
        file,
        FigureRequest(kind="proportion", variable="fair"),
        FigureRequest(kind="proportion", variable="sex", other="F"),
    )
    assert share.value == pytest.approx((3 * 3 + 4) / (3 * 5 + 4 * 2))
    assert (share.n, share.missing) == (7, 1)
    assert women.value == pytest.approx((3 * 3 + 4) / 27)
    assert women.of == "sex=F"
    no = FigureRequest(kind="proportion", variable="x")
    assert (
        "COLUMN=VALUE"
        in expect_refusal("microdata.cells", lambda: tabulated_figures(file, no)).sentence
    )
    no = FigureRequest(kind="proportion", variable="sex", other="X")
    assert "F, M" in expect_refusal("microdata.value", lambda: tabulated_figures(file, no)).remedy


def test_a_total_and_a_ratio():
    total, ratio = tabulated_figures(
        microdata_file(**EIGHT_PEOPLE),
        FigureRequest(kind="total", variable="x"),
        FigureRequest(kind="ratio", variable="x", other="fpc"),
    )
    assert total.value == pytest.approx(147.1)
    assert ratio.value == pytest.approx(147.1 / (9 * 5 * 5 + 12 * 12))
    assert ratio.of == "x/fpc"
    assert total.design_effect is None


def test_domains_are_crossed_ordered_and_keep_only_what_occurs():
    file = microdata_file(x="1 2 3 4 5", a="10 9 10 9 NA", b="u u v NA u")
    found = tabulated_figures(file, drawing=DesignColumns(), domains=(("a",), ("a", "b")))
    assert [(one.domain, one.n, one.value) for one in found] == [
        ("everyone", 5, 3.0),
        ("a=9", 2, 3.0),
        ("a=10", 2, 2.0),
        ("a=9, b=u", 1, 2.0),
        ("a=10, b=u", 1, 1.0),
        ("a=10, b=v", 1, 3.0),
    ]


def test_a_domain_in_which_nobody_answered_has_no_figure():
    file = microdata_file(x="1 2 NA", a="u u v")
    nobody = tabulated_figures(file, drawing=DesignColumns(), domains=(("a",),))[-1]
    assert (nobody.n, nobody.missing, nobody.value, nobody.low) == (0, 1, None, None)


def test_who_has_neither_an_answer_nor_a_domain_is_missing_from_everyone_alone():
    file = microdata_file(x="1 2 NA NA", a="u u u NA")
    everyone, in_u = tabulated_figures(file, drawing=DesignColumns(), domains=(("a",),))
    assert (everyone.missing, in_u.missing) == (2, 1)


@pytest.mark.parametrize("interval", [*microdata.INTERVALS, "t"])
def test_intervals_of_shares_of_none_and_all_are_told_without_a_warning(interval):
    file = microdata_file(y="0 0 1 1 1 0 1", a="n n a a a s s")
    share = FigureRequest(kind="proportion", variable="y")
    found = tabulated_figures(
        file, share, drawing=DesignColumns(), domains=(("a",),), interval=interval
    )
    assert [one.value for one in found] == [4 / 7, 1.0, 0.0, 0.5]
    assert {one.interval for one in found} == {interval}
    assert found[0].low < 4 / 7 < found[0].high


def test_the_difference_of_parts_that_overlap_keeps_their_covariance():
    file = microdata_file(**EIGHT_PEOPLE)
    pair = (ColumnValue("sex", "F"), ColumnValue("area", "A"))
    everyone, apart = tabulated_figures(file, differences=(pair,))
    means = tabulated_figures(file, domains=(("sex",), ("area",)))
    women, in_a = (next(one for one in means if one.domain == name) for name in ("sex=F", "area=A"))
    assert apart.value == pytest.approx(women.value - in_a.value)
    without = (women.standard_error**2 + in_a.standard_error**2) ** 0.5
    assert 0 < apart.standard_error < 0.9 * without
    assert apart.domain == "sex=F less area=A"
    assert everyone.domain == "everyone"


@pytest.mark.parametrize("kind", ["total", "ratio"])
def test_differences_of_totals_and_ratios_are_not_made_up(kind):
    one = FigureRequest(kind=kind, variable="x", other="fpc")
    pair = (ColumnValue("sex", "F"), ColumnValue("sex", "M"))
    expect_refusal(
        "estimate.difference",
        lambda: tabulated_figures(microdata_file(**EIGHT_PEOPLE), one, differences=(pair,)),
    )
    pair = (ColumnValue("sex", "F"), ColumnValue("sex", "X"))
    expect_refusal(
        "microdata.value",
        lambda: tabulated_figures(microdata_file(**EIGHT_PEOPLE), differences=(pair,)),
    )


def test_a_lone_psu_is_refused_unless_it_is_all_there_is_or_to_be_adjusted():
    lone = EIGHT_PEOPLE | {"area": "A A A A A B B C", "fpc": "15 15 15 15 15 12 12 9"}
    by = {"weight": "weight", "stratum": "area"}
    wrong = expect_refusal("design.lone_psu", lambda: tabulated_figures(microdata_file(**lone)))
    assert "stratum 'C'" in wrong.sentence
    adjusted = DesignColumns(**by, lone_psu="adjust")
    assert designs.microdata_sample(microdata_file(**lone), adjusted).lone == ("stratum 'C'",)
    whole = microdata_file(**lone | {"fpc": "15 15 15 15 15 12 12 1"})
    assert designs.microdata_sample(whole, DesignColumns(**by, fpc="fpc")).lone == ()
    alone = microdata_file(x="1 2", ward="u u")
    for policy in ("refuse", "adjust"):
        by_ward = DesignColumns(psu="ward", lone_psu=policy)
        wrong = expect_refusal(
            "design.lone_psu", lambda by=by_ward: tabulated_figures(alone, drawing=by)
        )
        assert "All rows belong to one PSU" in wrong.sentence


def test_a_wide_file_names_its_first_columns_and_how_many_more():
    wide = microdata_file(**{f"q{i}": "1" for i in range(50)})
    wrong = expect_refusal("microdata.column", lambda: files.label_column(wide, "q50"))
    assert "q19 and 30 more." in wrong.remedy


def test_more_psus_than_there_are_in_the_one_stratum():
    file = microdata_file(x="1 2 3", fpc="2 2 2")
    wrong = expect_refusal(
        "design.fpc", lambda: designs.microdata_sample(file, DesignColumns(fpc="fpc"))
    )
    assert "in the one stratum" in wrong.sentence


def test_a_population_of_psus_is_one_number_and_no_smaller_than_the_sample():
    drawing = DesignColumns(weight="weight", stratum="area", fpc="fpc")
    uneven = microdata_file(**EIGHT_PEOPLE | {"fpc": "15 15 15 15 16 12 12 12"})
    wrong = expect_refusal("design.fpc", lambda: tabulated_figures(uneven, drawing=drawing))
    assert "row 6, column 'fpc': is 16, but 15 in row 2" in wrong.sentence
    few = microdata_file(**EIGHT_PEOPLE | {"fpc": "15 15 15 15 15 2 2 2"})
    wrong = expect_refusal("design.fpc", lambda: tabulated_figures(few, drawing=drawing))
    assert "3 PSUs were drawn in stratum 'B', more than the 2" in wrong.sentence


def test_open_answers_are_no_sample():
    mixed = microdata_file(x="1 2 3", mode="sampled open sampled")
    expect_refusal("streams.mixed", lambda: tabulated_figures(mixed, drawing=DesignColumns()))
    assert (
        tabulated_figures(microdata_file(x="1 2 3", mode="bus car bus"), drawing=DesignColumns())[
            0
        ].n
        == 3
    )


AIMS = {"sex": {"F": 14.0, "M": 13.0}, "area": {"A": 15.0, "B": 12.0}}


def test_raked_weights_reach_their_margins_and_trimming_is_told():
    file = microdata_file(**EIGHT_PEOPLE)
    drawn = designs.microdata_sample(file, BY_AREA, Benchmarks(targets=AIMS))
    weight = drawn.sample.design.weight
    assert weight[files.label_column(file, "sex") == "F"].sum() == pytest.approx(14)
    summary = designs.design_summary(BY_AREA, drawn)
    assert (summary.weights.sum, summary.weights.least) == (pytest.approx(27), weight.min())
    assert summary.raking.margins == ("sex", "area")
    assert summary.raking.trimmed_share == 0
    trimmed = designs.microdata_sample(file, BY_AREA, Benchmarks(targets=AIMS, trim=1.2))
    assert trimmed.raking.trimmed_share > 0


UNREACHED = [
    ("microdata.column", "'tenure'", {"tenure": {"own": 1.0}}),
    ("weights.unknown_cell", "category 'M' of sex", {"sex": {"F": 27.0}}),
    ("weights.empty_cell", "category 'X' of sex", {"sex": {"F": 9, "M": 9, "X": 9}}),
    ("weights.totals_differ", "The margin area", AIMS | {"area": {"A": 1, "B": 1}}),
    ("weights.not_converged", "200 cycles", AIMS | {"fpc": {"15": 12, "12": 15}}),
]


@pytest.mark.parametrize(("code", "words", "targets"), UNREACHED)
def test_margins_that_cannot_be_reached_are_refused_by_name(code, words, targets):
    aims = Benchmarks(targets=targets)
    wrong = expect_refusal(
        code, lambda: designs.microdata_sample(microdata_file(**EIGHT_PEOPLE), BY_AREA, aims)
    )
    assert words in wrong.sentence


def margins_file(*rows):
    names = ("margin", "level", "freq")[: len(rows[0].split())]
    cells = zip(*(row.split() for row in rows), strict=True)
    columns = dict(zip(names, cells, strict=True))
    return Microdata(name="m.csv", columns=columns, lines=range(2, len(rows) + 2))


def test_margins_are_read_and_refused_by_row():
    rows = ("sex F 14", "sex M 13", "area A 15", "area B 12")
    assert benchmarks.read_targets(margins_file(*rows)) == AIMS
    for row, words in (
        ("sex F 1", "row 6, column 'level': 'F' of sex appears twice"),
        ("area C 0", "row 6, column 'freq': 0 is not above 0"),
        ("area C few", "row 6, column 'freq': 'few' is not a number"),
    ):
        bad = margins_file(*rows, row)
        assert (
            words
            in expect_refusal(
                "microdata.cells", lambda bad=bad: benchmarks.read_targets(bad)
            ).sentence
        )
    expect_refusal("file.format", lambda: benchmarks.read_targets(margins_file("sex F")))


@cache
def reference():
    """The synthetic survey of R's numbers: its file, its margins, and what R said."""
    with (FOLDER / "synth_survey.csv").open() as file:
        rows = list(csv.DictReader(file))
    columns = {name: [row[name] for row in rows] for name in rows[0]}
    people = Microdata(name="synth.csv", columns=columns, lines=range(2, len(rows) + 2))
    with (FOLDER / "synth_margins.csv").open() as file:
        _, *lines = csv.reader(file)
    cells = dict(zip(("margin", "level", "freq"), zip(*lines, strict=True), strict=True))
    table = Microdata(name="m.csv", columns=cells, lines=range(2, len(lines) + 2))
    numbers = json.loads(NUMBERS.read_text())
    return people, benchmarks.read_targets(table), numbers["project_synthetic_R"]["survey"]


SURVEY_DRAWING = DesignColumns(weight="base_weight", stratum="borough", psu="psu")
INDEX = FigureRequest(kind="mean", variable="index")
FAIR = FigureRequest(kind="proportion", variable="fair")


def close(ours, theirs):
    assert ours == pytest.approx(theirs, rel=1e-6)


def raked_figures(*wanted, residuals="rake", **asked):
    people, targets, _ = reference()
    aims = Benchmarks(targets=targets, residuals=residuals)
    return tabulated_figures(people, *wanted, drawing=SURVEY_DRAWING, aims=aims, **asked)


def test_r_has_the_same_mean_by_design_weights():
    people, _, theirs = reference()
    (found,) = tabulated_figures(people, INDEX, drawing=SURVEY_DRAWING)
    close([found.value, found.standard_error], [theirs["base"]["est"], theirs["base"]["se"]])


def test_r_has_the_same_raked_weights_and_means():
    people, targets, theirs = reference()
    summary = designs.design_summary(
        SURVEY_DRAWING,
        designs.microdata_sample(people, SURVEY_DRAWING, Benchmarks(targets=targets)),
    )
    close([summary.weights.least, summary.weights.largest], [theirs["w_min"], theirs["w_max"]])
    kish = (summary.weights.design_effect, summary.weights.effective_n)
    close(kish, (theirs["kish_deff"], theirs["kish_neff"]))
    (as_rake,) = raked_figures(INDEX)
    (as_calibrate,) = raked_figures(INDEX, residuals="calibrate")
    close(as_rake.value, theirs["raked"]["est"])
    close(as_rake.standard_error, theirs["raked"]["se_R_rake"])
    close(as_calibrate.standard_error, theirs["calibrate_raking"]["se"])
    assert as_rake.degrees_of_freedom == theirs["raked"]["df"]


def test_r_has_the_same_domains_and_difference():
    theirs = reference()[2]["by_ethnicity"]
    pair = (ColumnValue("ethnicity", "Black"), ColumnValue("ethnicity", "White"))
    _, *parts, less = raked_figures(INDEX, domains=(("ethnicity",),), differences=(pair,))
    assert len(parts) == 4
    for one in parts:
        name = one.domain.removeprefix("ethnicity=")
        close([one.value, one.standard_error], [theirs["est"][name], theirs["se"][name]])
    apart = theirs["black_minus_white"]
    close([less.value, less.standard_error], [apart["est"], apart["se"]])
    areas = raked_figures(INDEX, domains=(("borough",),))[1:]
    errors = reference()[2]["borough_se"]
    close([one.standard_error for one in areas], [errors[name] for name in sorted(errors)])


@pytest.mark.parametrize(("interval", "name"), [("beta", "kg"), ("logit", "logit")])
def test_r_has_the_same_proportion(interval, name):
    theirs = reference()[2]["fair"]
    (found,) = raked_figures(FAIR, interval=interval)
    close([found.value, found.standard_error], [theirs["est"], theirs["se"]])
    close([found.low, found.high], theirs[name])


def test_the_design_effect_is_that_of_the_kernel():
    people = reference()[0]
    (found,) = tabulated_figures(people, INDEX, drawing=SURVEY_DRAWING)
    sample = designs.microdata_sample(people, SURVEY_DRAWING).sample
    y = files.number_column(people, "index")
    (theirs,) = estimates.design_effect(y, sample, estimates.means(y, sample))
    assert found.design_effect == float(theirs)
