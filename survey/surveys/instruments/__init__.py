"""The instrument: the ordered items that one version of a survey puts to a respondent."""

from survey.surveys import item_types
from survey.surveys.instruments.instrument import (
    NAME,
    SLUG,
    Index,
    Instrument,
    Mode,
    VersionMapping,
    check_instrument,
    faults_of_instrument,
)
from survey.surveys.instruments.versions import (
    AsAnswered,
    HarmonisedVersions,
    SeriesBreak,
    faults_of_mapping,
    questions_by_name,
    version_mapping,
)
from survey.surveys.item_types import *  # noqa: F403 - whoever makes a survey makes questions

__all__ = [
    *item_types.__all__,
    "NAME",
    "SLUG",
    "AsAnswered",
    "HarmonisedVersions",
    "Index",
    "Instrument",
    "Mode",
    "SeriesBreak",
    "VersionMapping",
    "check_instrument",
    "faults_of_instrument",
    "faults_of_mapping",
    "questions_by_name",
    "version_mapping",
]
