"""Ratios by every benchmark that is held, of the same days; and at equal ages where they can be."""

import datetime

import msgspec
import pytest

from analysis.editions import gate
from analysis.editions.chapters import disparities
from api.editions import report_view
from survey.deployments import BENCHMARKS, BenchmarkCounts
from tests.analysis.editions import made_up_edition
from tests.analysis.editions.smallest_inputs import (
    count,
    month_fields,
    monthly_counts,
    woodland_inputs,
)
from tests.analysis.editions.test_edition_disparities import (
    EVENTS,
    RESIDENTS,
    STOPS,
    find_row,
    group_counts,
)

MARCH = month_fields(2026, 3)
CENSUS = datetime.date(2021, 3, 21)
ARRESTS = {"white": 6000, "asian": 1500, "black": 2600, "other": 900}
DAYTIME = {"white": 5_000_000, "asian": 1_000_000, "black": 800_000}
AGES = {"18-34": 110, "35-49": 60, "50-64": 20}
# Of each thousand White people 200 are 18 to 34, of Black people 400; nobody else is counted.
AGED = {
    ("18-34", "white"): 900_000,
    ("35-49", "white"): 1_600_000,
    ("50-64", "white"): 2_000_000,
    ("18-34", "black"): 390_000,
    ("35-49", "black"): 400_000,
    ("50-64", "black"): 185_000,
}


def arrests(**fields):
    rows = group_counts(ARRESTS, measure="arrests", tactic="arrests", **fields)
    return BenchmarkCounts("arrests", "Force A: arrests", rows)


def people_counts(name, numbers, dimension="ethnicity"):
    rows = [
        count(CENSUS, n, end=CENSUS, measure=name, tactic=name, group=f"{dimension}:{group}")
        for group, n in numbers.items()
    ]
    return BenchmarkCounts(name, "ONS: census", rows)


def parts(**changes):
    plain = {"groups": group_counts(EVENTS), "kinds": RESIDENTS}
    return disparities.disparity_fields(woodland_inputs(**MARCH | plain | changes))


def aged_parts(aged=AGED, **changes):
    groups = [*group_counts(EVENTS), *group_counts(AGES, "age")]
    held = people_counts(
        "residents", {f"{age} {group}": n for (age, group), n in aged.items()}, "age_ethnicity"
    )
    return parts(**{"groups": groups, "benchmarks": [held]} | changes)


def test_every_benchmark_that_is_held_has_a_ratio_side_by_side():
    searches = group_counts(STOPS, measure="searches", tactic="stop_search")
    found = parts(searches=searches, benchmarks=[people_counts("daytime", DAYTIME), arrests()])
    black = [one for one in found["disparities"] if one.group == "black"]
    assert [one.benchmark for one in black] == list(BENCHMARKS)
    assert {(one.events, one.since, one.until) for one in black} == {
        (55, datetime.date(2025, 4, 1), MARCH["end"])
    }
    assert find_row(found, "black", "arrests").shown.value == pytest.approx((55 / 26) / (60 / 60))
    assert find_row(found, "black", "daytime").shown.value == pytest.approx((55 / 8) / (60 / 50))
    said = " ".join(found["disparity_caveats"])
    assert "Ratios per arrest: figures of Force A: arrests." in said
    assert "not adjusted for age" in said


def test_a_group_without_uses_of_the_reference_has_no_ratio_at_equal_ages():
    unknown = [*group_counts({"unknown": 60}), *group_counts(AGES, "age")]
    found = aged_parts(groups=unknown)
    assert all(one.adjusted is None for one in found["disparities"])


def test_arrests_of_few_of_the_days_are_no_benchmark():
    year = arrests()
    late = [one for one in year.counts if one.start >= datetime.date(2025, 9, 1)]
    found = parts(benchmarks=[BenchmarkCounts("arrests", year.source, late)])
    assert {one.benchmark for one in found["disparities"]} == {"residents"}
    assert "Force A" not in " ".join(found["disparity_caveats"])


def test_uses_are_of_the_days_that_every_benchmark_has():
    uses = [
        one
        for group in ("white", "black")
        for one in monthly_counts(
            [10] * 12, datetime.date(2025, 4, 1), group=f"ethnicity_officer:{group}"
        )
    ]
    stops = [
        one
        for one in group_counts(STOPS, measure="searches", tactic="stop_search")
        if one.start >= datetime.date(2025, 5, 1)
    ]
    held = [one for one in arrests().counts if one.end <= datetime.date(2026, 2, 28)]
    held += [msgspec.structs.replace(one, count=50) for one in held]
    found = parts(
        groups=uses,
        searches=stops,
        benchmarks=[BenchmarkCounts("arrests", "Force A", held)],
    )
    rows = [one for one in found["disparities"] if one.group == "black"]
    assert {(one.events, one.since, one.until) for one in rows} == {
        (100, datetime.date(2025, 5, 1), datetime.date(2026, 2, 28))
    }


def test_ages_of_a_benchmark_are_put_into_the_bands_of_uses():
    kinds = RESIDENTS | {"age": {"18-34": 1000.0, "35-49": 1000.0}}
    day = people_counts("daytime", {"15-24": 100, "25-34": 50, "35-49": 300, "unknown": 9}, "age")
    found = parts(groups=group_counts(AGES, "age"), kinds=kinds, benchmarks=[day])
    young = find_row(found, "18-34", "daytime", "age")
    assert young.people == pytest.approx(70 + 50)


def test_at_equal_ages_a_younger_group_is_compared_with_the_young():
    found = aged_parts()
    black = find_row(found, "black")
    assert black.adjusted.low < black.adjusted.value < black.exact.value
    assert black.adjusted.value > 1
    assert find_row(found, "asian").adjusted is None
    assert any("At equal ages" in one for one in found["disparity_caveats"])
    assert not any("not adjusted" in one for one in found["disparity_caveats"])


def test_with_the_same_ages_in_every_group_the_ratio_stays():
    same = {
        (age, group): round(n * part)
        for age, part in {"18-34": 0.2, "35-49": 0.3, "50-64": 0.5}.items()
        for group, n in RESIDENTS["ethnicity"].items()
    }
    black = find_row(aged_parts(same), "black")
    assert black.adjusted.value == pytest.approx(black.exact.value)


@pytest.mark.parametrize("ages", [{}, AGES | {"unknown": 100}])
def test_uses_of_unknown_age_give_no_ratio_at_equal_ages(ages):
    groups = [*group_counts(EVENTS), *group_counts(ages, "age")]
    assert find_row(aged_parts(groups=groups), "black").adjusted is None


def test_the_published_ratio_is_that_of_published_counts():
    found = aged_parts()
    edition = msgspec.structs.replace(
        made_up_edition.bare_edition(), kind="monthly", end=MARCH["end"], **found
    )
    made = gate.safe_edition(edition)
    black = next(one for one in made.disparities if one.group == "black")
    exact = find_row(found, "black")
    by = black.exact.value / exact.exact.value
    assert black.adjusted.value == round(by * exact.adjusted.value, 1)
    shown = report_view(made, "0" * 64)
    [section] = [one for one in shown.every_section if one.key == "disparities-ethnicity_officer"]
    assert "At equal ages" in section.figure.table.head
