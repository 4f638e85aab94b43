"""The types of question that a survey can ask, one file each; `registry` lists them."""

from survey.surveys.item_types.agreement import Agreement
from survey.surveys.item_types.answers import DECLINED, DONT_KNOW, WITHHELD
from survey.surveys.item_types.base import InstrumentPart, Item
from survey.surveys.item_types.borough import Borough
from survey.surveys.item_types.calculate import Calculate
from survey.surveys.item_types.consent import Consent
from survey.surveys.item_types.containers import (
    CONTAINER_TYPES,
    PART_TYPES,
    AnyPart,
    AnyQuestion,
    Container,
    QuestionGroup,
    QuestionPage,
    Repeat,
    all_parts,
    is_flat,
    questions_in,
)
from survey.surveys.item_types.date import Date
from survey.surveys.item_types.date_time import DateTime
from survey.surveys.item_types.decimal import Decimal
from survey.surveys.item_types.doors import USUAL_WORDS, Option, Wording, wording_text
from survey.surveys.item_types.families import FileItem, LikertItem, OptionsItem
from survey.surveys.item_types.file import File
from survey.surveys.item_types.grid import Grid, GridRow
from survey.surveys.item_types.image import Image
from survey.surveys.item_types.integer import Integer
from survey.surveys.item_types.note import Note
from survey.surveys.item_types.postcode import Postcode
from survey.surveys.item_types.range import Range
from survey.surveys.item_types.rank import Rank
from survey.surveys.item_types.registry import ITEM_TYPES, AnyItem
from survey.surveys.item_types.scale import Scale
from survey.surveys.item_types.select_multiple import SelectMultiple
from survey.surveys.item_types.select_one import KINDS, Margin, SelectOne
from survey.surveys.item_types.text import Text
from survey.surveys.item_types.time import Time
from survey.surveys.item_types.unsupported import Unsupported

__all__ = [
    "CONTAINER_TYPES",
    "DECLINED",
    "DONT_KNOW",
    "ITEM_TYPES",
    "KINDS",
    "PART_TYPES",
    "USUAL_WORDS",
    "WITHHELD",
    "Agreement",
    "AnyItem",
    "AnyPart",
    "AnyQuestion",
    "Borough",
    "Calculate",
    "Consent",
    "Container",
    "Date",
    "DateTime",
    "Decimal",
    "File",
    "FileItem",
    "Grid",
    "GridRow",
    "Image",
    "InstrumentPart",
    "Integer",
    "Item",
    "LikertItem",
    "Margin",
    "Note",
    "Option",
    "OptionsItem",
    "Postcode",
    "QuestionGroup",
    "QuestionPage",
    "Range",
    "Rank",
    "Repeat",
    "Scale",
    "SelectMultiple",
    "SelectOne",
    "Text",
    "Time",
    "Unsupported",
    "Wording",
    "all_parts",
    "is_flat",
    "questions_in",
    "wording_text",
]
