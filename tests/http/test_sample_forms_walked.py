"""Sample forms of other programs, imported and answered at random: everybody comes to an end."""

import random
import warnings

import msgspec
import pytest

from survey.formats import expressions, readers
from survey.instruments import faults_of
from survey.problems import Problem
from survey.store import instruments
from tests.surveyfiles import FOLDER, needs_samples
from tests.walked import walk

BASE = "/surveys/walked"
FILES = sorted(
    [
        *FOLDER.glob("xlsform/**/*.xls*"),
        *FOLDER.glob("limesurvey/*.ls*"),
        *FOLDER.glob("surveyjs/*example*.json"),
    ]
)


def published(file):
    """The survey of a file; None where it is refused, or the report says what stops it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            one = readers.read(file.name, file.read_bytes()).instrument
            one = msgspec.structs.replace(
                one, slug="walked", opens=None, closes=None, kind="survey", mode="open"
            )
            return None if faults_of(one) or expressions.check(one) else one
        except Problem:
            return None


@needs_samples
@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}-{file.name}")
async def test_everybody_comes_to_the_end_of_a_survey_from_a_file(file, client, db):
    if (one := published(file)) is None:
        pytest.skip("this file is refused, or the report of its import says what stops it")
    await instruments.insert(db.the_connection, msgspec.structs.replace(one, version=1))
    await walk(client, BASE, random.Random(1))
