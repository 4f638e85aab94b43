"""Benchmarks in our own format: who is there by day, arrests, residents by age and ethnicity."""

import datetime

import pytest

from survey.problems import Invalid
from survey.sources import formats
from tests.london import CITY

KNOWN = datetime.date(2008, 6, 1)
HEAD = "source,benchmark,area,start,end,dimension,group,number\n"
ONE = "Force A: arrests,arrests,Hackney,2008-01-01,2008-01-31,ethnicity_self,black,120\n"


def read(text):
    return formats.read_import("own.csv", text.encode(), city=CITY, known_on=KNOWN)


def test_reads_a_benchmark():
    found = read(HEAD + ONE + ONE.replace("ethnicity_self,black", "age,18-34"))
    first, second = found.counts
    assert (first.area, first.measure, first.count) == ("E09000012", "arrests", 120)
    assert (first.group, second.group) == ("ethnicity_self:black", "age:18-34")
    assert (found.source, found.origin) == ("Force A: arrests", "plain")


@pytest.mark.parametrize(
    ("benchmark", "dimension", "group", "measure"),
    [
        ("daytime", "sex", "female", "daytime"),
        ("residents", "age_ethnicity", "65+ mixed", "residents"),
        ("stops", "age", "10-17", "searches"),
    ],
)
def test_every_benchmark_has_its_measure(benchmark, dimension, group, measure):
    row = f"A,{benchmark},Hackney,2008-01-01,2008-01-01,{dimension},{group},5\n"
    (count,) = read(HEAD + row).counts
    assert (count.measure, count.group) == (measure, f"{dimension}:{group}")


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (",arrests,", ",charges,", "'charges' is not one of residents, daytime, stops, arrests"),
        ("ethnicity_self", "religion", "'religion' is not one of ethnicity"),
        ("black", "Black", "'Black' is not a group by ethnicity_self"),
        (
            "ethnicity_self,black",
            "age,young",
            "'young' is not a group by age: write such as '18-34'",
        ),
        ("ethnicity_self,black", "age,34-18", "'34-18' is not an age: write the lower one first"),
        (
            "ethnicity_self,black",
            "age,121+",
            "'121+' is not an age: write the lower one first, up to",
        ),
        ("2008-01-31", "2007-12-31", "ends on 2007-12-31, before it starts"),
        ("2008-01-31", "2008-07-01", "2008-07-01 is after 2008-06-01"),
        ("120", "-1", "'-1' is not a whole number"),
    ],
)
def test_refuses_a_benchmark_that_cannot_be(old, new, words):
    with pytest.raises(Invalid) as refusal:
        read(HEAD + ONE.replace(old, new))
    assert words in refusal.value.sentence
