"""Whoever has the statistician's file makes the edition's figures and errors again from it."""

import functools
from dataclasses import replace

import numpy as np
import pytest

from analysis.editions import deserialise, edition_workings, perception, serialise
from analysis.editions.chapters import index, sample
from analysis.microdata.benchmarks import Benchmarks, read_targets
from analysis.microdata.designs import DesignColumns, microdata_sample
from analysis.microdata.files import Microdata
from analysis.statistician import statistician_tables
from analysis.statistics.sampling import estimates
from analysis.statistics.sampling.estimates import Projection
from analysis.statistics.sampling.samples import Design, Sample
from tests.analysis.editions import simulated_inputs
from tests.analysis.editions.simulated_inputs import BOROUGHS, CODES


@functools.cache
def city(kind):
    return simulated_inputs.inputs_of_city(kind=kind, weeks=10, salt="a salt")


@functools.cache
def unequal_city():
    """Some people have a far larger weight, so that weights are capped; some gave no ethnicity."""
    found = city("monthly")
    sampled = found.sampled
    heavy = np.where(np.arange(len(sampled.weight)) % 40 == 0, 40.0, 1.0)
    silent = np.where(np.arange(len(heavy)) % 7 == 0, -1, sampled.kinds["ethnicity"])
    given = sampled.kinds | {"ethnicity": silent}
    return replace(found, sampled=replace(sampled, weight=sampled.weight * heavy, kinds=given))


@functools.cache
def crowded_city():
    """The same city where everybody has a twin with other answers: two people share each cell."""
    voices = simulated_inputs.simulated_city(7, 10).sampled
    other = [replace_answers(one, two) for one, two in zip(voices, voices[::-1], strict=True)]
    return simulated_inputs.inputs_of_city(weeks=10, voices=[*voices, *other])


def replace_answers(voice, giver):
    """A person with all of one's own but the answers to the agreement questions."""
    theirs = {name: giver.answers.get(name) for name in simulated_inputs.VERSIONS.items}
    return replace(voice, answers=voice.answers | theirs)


CITIES = {
    "monthly": functools.partial(city, "monthly"),
    "weekly": functools.partial(city, "weekly"),
    "capped": unequal_city,
    "crowded": crowded_city,
}


@pytest.fixture(params=CITIES)
def inputs(request):
    return CITIES[request.param]()


def column(tables, name):
    head, *rows = tables.answers
    return [row[head.index(name)] for row in rows]


def numbers(tables, name):
    return np.array([np.nan if one is None else one for one in column(tables, name)], dtype=float)


def codes_of(tables, name, known):
    """The place of each value among those that are known; -1 for none."""
    return np.array([known.index(one) if one in known else -1 for one in column(tables, name)])


class FileReader:
    """The estimates that a reader makes of a file, with nothing but its columns."""

    def __init__(self, tables):
        self.tables = tables
        design = Design(
            weight=numbers(tables, "weight"),
            stratum=np.array(column(tables, "stratum")),
            psu=np.array(column(tables, "psu")),
        )
        self.sample = Sample(modes=np.full(tables.people, "sampled"), design=design)
        margins = dict.fromkeys(row[0] for row in tables.margins[1:])
        self.projection = Projection(
            cells={name: np.array(column(tables, name), dtype=np.int64) for name in margins},
            design_weight=numbers(tables, "base_weight"),
        )

    def means(self, y, domain=None, domains=1):
        return estimates.means(
            y, self.sample, domain=domain, domains=domains, projection=self.projection
        )

    def index(self, domain=None, domains=1):
        return self.means(numbers(self.tables, "index"), domain, domains)

    def agreeing(self, item):
        given = column(self.tables, item)
        return self.means(np.array([float(x == "agree") if x else np.nan for x in given]))


def same(ours, theirs):
    for name in ("value", "se", "df", "n", "n_eff"):
        found, wanted = getattr(ours, name), getattr(theirs, name)
        np.testing.assert_allclose(found, wanted, rtol=1e-9, err_msg=name)


def test_the_index_and_its_error_are_those_of_the_edition(inputs):
    workings = edition_workings(inputs)
    reader = FileReader(statistician_tables(inputs))
    same(reader.index(), workings.asked.city)
    area = codes_of(reader.tables, "borough", CODES)
    pooled = estimates.with_pooled_errors(reader.index(area, len(CODES)))
    same(pooled, workings.asked.by_area)
    whole = estimates.to_estimates(
        reader.index(), ["Testham"], stream="sampled", method=perception.INDEX_METHOD
    )[0]
    published = index.index_estimates(workings.inputs, workings.asked)[0]
    found, wanted = (
        (one.value, one.standard_error, one.low, one.high) for one in (whole, published)
    )
    assert found == pytest.approx(wanted, rel=1e-9)


def test_groups_and_questions_are_those_of_the_edition(inputs):
    asked = edition_workings(inputs).asked
    reader = FileReader(statistician_tables(inputs))
    for dimension, domain in sample.entry_categories(asked.sampled).items():
        names = sample.CATEGORY_NAMES[dimension]
        mine = reader.index(codes_of(reader.tables, dimension, names), len(names))
        same(mine, asked.index(domain, len(names)))
    for at, item in enumerate(asked.sampled.items):
        given = asked.sampled.agree[:, at], asked.sampled.answered[:, at]
        same(reader.agreeing(item), asked.means(*given))


def test_the_capped_and_the_crowded_city_are_what_they_are_for():
    assert edition_workings(unequal_city()).asked.raked.trimmed_share > 0
    assert "unknown" in {row[2] for row in statistician_tables(unequal_city()).categories}
    assert set(column(statistician_tables(crowded_city()), "alike")) >= {2}


def test_the_weights_add_up_to_the_margins(inputs):
    tables = statistician_tables(inputs)
    weight = numbers(tables, "weight")
    for name, category, total in tables.margins[1:]:
        mine = np.array(column(tables, name)) == category
        assert weight[mine].sum() == pytest.approx(total, rel=1e-6)


def as_microdata(rows):
    """The rows as `soundings estimate` reads them from a file."""
    head, *lines = rows
    texts = [["" if one is None else str(one) for one in line] for line in lines]
    columns = dict(zip(head, zip(*texts, strict=True), strict=True))
    return Microdata(name="answers.csv", columns=columns, lines=range(2, len(rows) + 1))


def test_the_command_estimate_finds_the_same_weights(inputs):
    tables = statistician_tables(inputs)
    drawn = microdata_sample(
        as_microdata(tables.answers),
        DesignColumns(weight="base_weight", stratum="stratum", psu="psu", lone_psu="adjust"),
        Benchmarks(targets=read_targets(as_microdata(tables.margins)), trim=5.0),
    )
    np.testing.assert_allclose(drawn.sample.design.weight, numbers(tables, "weight"), rtol=1e-6)


def test_it_says_nothing_that_is_finer_than_the_edition():
    """One window for everybody, no order and no labels that lead back to an answer."""
    tables = statistician_tables(city("monthly"))
    assert set(column(tables, "window")) == {"2007-11-01/2007-11-30"}
    assert column(tables, "row") == list(range(1, tables.people + 1))
    assert column(tables, "borough") != sorted(column(tables, "borough"))
    other = statistician_tables(replace(city("monthly"), salt="another salt"))
    assert column(tables, "psu") != column(other, "psu")
    assert sorted(map(str, column(tables, "index"))) == sorted(map(str, column(other, "index")))
    again = statistician_tables(deserialise(serialise(city("monthly"))))
    assert (again.answers, again.margins) == (tables.answers, tables.margins)


def test_without_margins_the_weights_are_those_of_the_draw():
    few = replace(city("monthly"), targets={})
    tables = statistician_tables(few)
    assert len(tables.margins) == 1
    assert column(tables, "weight") == column(tables, "base_weight")
    assert len(BOROUGHS) == len(set(column(tables, "borough_name")))
