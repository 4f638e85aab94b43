"""The perception survey over its versions: one series under today's names, and its breaks
reported.
"""

import dataclasses

import msgspec
import numpy as np

from analysis.editions.chapters import quality
from api.jobs.edition_inputs.sampled_inputs import PerceptionSurvey
from survey.surveys.instruments import Agreement, check_instrument
from survey.surveys.instruments.drafts import InstrumentDraft, next_version, replace_part
from survey.surveys.ready import load_ready_instruments

FIRST = next(one for one in load_ready_instruments() if one.mode == "sampled")
LAST = FIRST.index.items[-1]


def version_after(before, question, **changes):
    asked = next(one for one in before.all_questions() if one.name == question)
    draft = replace_part(
        InstrumentDraft(instrument=before), question, msgspec.structs.replace(asked, **changes)
    )
    return check_instrument(next_version(draft, before))


def survey_of(*versions):
    return PerceptionSurvey({(one.slug, one.version): one for one in versions})


def test_a_question_of_the_index_that_is_renamed_goes_on_in_its_series():
    second = version_after(FIRST, LAST, name="renamed")
    survey = survey_of(FIRST, second)
    assert sorted(survey.layouts) == [FIRST.version, second.version]
    assert survey.then[FIRST.version]["renamed"] == LAST
    assert survey.breaks == ()


def test_another_index_is_another_series():
    second = next_version(InstrumentDraft(instrument=FIRST), FIRST)
    other = msgspec.structs.replace(second.index, items=second.index.items[:-1])
    second = msgspec.structs.replace(second, index=other)
    assert sorted(survey_of(FIRST, second).layouts) == [second.version]


def test_other_words_are_told_in_the_log_of_quality():
    second = version_after(FIRST, LAST, text={"en": "Other words."})
    (sentence,) = survey_of(FIRST, second).breaks
    assert (
        sentence
        == f"Version {second.version} of the survey: “Other words.”: the question was reworded."
    )

    @dataclasses.dataclass
    class Asked:
        sampled: object

    @dataclasses.dataclass
    class Cells:
        breaks: tuple = (sentence,)

    assert [one.sentence for one in quality.broken_series_lines(Asked(Cells()))] == [sentence]


def test_every_question_of_agreement_has_its_place_in_every_version():
    second = version_after(FIRST, LAST, name="renamed")
    survey = survey_of(FIRST, second)
    places = {
        version: [layout.item(survey.then[version][item]) for item in survey.items]
        for version, layout in survey.layouts.items()
    }
    assert np.array_equal(places[FIRST.version], places[second.version])
    assert all(isinstance(one, Agreement) for one in FIRST.all_questions() if one.name == LAST)
