"""What uses of force are compared with: residents, people there by day, searches, arrests.

A benchmark is a line here and the name of its measure in `CountMeasure`; its figures come in files.
"""

from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from survey.deployments.counts import CountMeasure, DeploymentCount
from survey.sentences import N_


class Benchmark(NamedTuple):
    """A benchmark: its name in editions, the measure of its figures, and its words.

    `by_day` for events, which are counted over the days of the uses; people are there at a time.
    `per` names a ratio, `unit` is one of them, `cannot_show` what no ratio by it says.
    """

    name: str
    measure: CountMeasure
    by_day: bool
    per: str
    unit: str
    cannot_show: str


RESIDENTS = "residents"
BENCHMARKS = {
    one.name: one
    for one in (
        Benchmark(
            RESIDENTS,
            "residents",
            False,
            N_("per resident"),
            N_("resident"),
            N_("Residents are not the population police met."),
        ),
        Benchmark(
            "daytime",
            "daytime",
            False,
            N_("per person there by day"),
            N_("person there by day"),
            N_("People there by day are not those there at night."),
        ),
        Benchmark(
            "stops",
            "searches",
            True,
            N_("per stop and search"),
            N_("stop"),
            N_("Stops are themselves decisions of the police."),
        ),
        Benchmark(
            "arrests",
            "arrests",
            True,
            N_("per arrest"),
            N_("arrest"),
            N_("Arrests are themselves decisions of the police."),
        ),
    )
}


class BenchmarkCounts(msgspec.Struct, frozen=True):
    """The figures of a benchmark by kind of person, from one source."""

    name: str
    source: str
    counts: Sequence[DeploymentCount]
