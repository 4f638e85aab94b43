"""Sample forms from other programs, imported and answered at random, can be completed."""

import random
import warnings

import msgspec
import pytest

from survey.formats import readers
from survey.formats.expressions import logic as expressions
from survey.problems import Problem
from survey.store.surveys import instruments
from survey.surveys.instruments import faults_of_instrument
from tests.files.sample_files import FOLDER, needs_samples
from tests.stored.random_answers import walk_survey

BASE = "/surveys/walked"
FILES = sorted(
    [
        *FOLDER.glob("xlsform/**/*.xls*"),
        *FOLDER.glob("limesurvey/*.ls*"),
        *FOLDER.glob("surveyjs/*example*.json"),
    ]
)


def publishable_survey(file):
    """The survey in a file; None if the file is refused or its survey cannot be published."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            one = readers.read(file.name, file.read_bytes()).instrument
            one = msgspec.structs.replace(
                one, slug="walked", opens=None, closes=None, kind="survey", mode="open"
            )
            return (
                None if faults_of_instrument(one) or expressions.faults_of_expressions(one) else one
            )
        except Problem:
            return None


@needs_samples
@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}-{file.name}")
async def test_everybody_comes_to_the_end_of_a_survey_from_a_file(file, client, db):
    if (one := publishable_survey(file)) is None:
        pytest.skip("this file is refused, or the report of its import says what stops it")
    await instruments.insert(db.the_connection, msgspec.structs.replace(one, version=1))
    await walk_survey(client, BASE, random.Random(1))
