"""The types of question that a survey can ask, by family; `registry` lists them."""

from survey.surveys.item_types.answers import (
    DECLINED,
    DONT_KNOW,
    USUAL_WORDS,
    WITHHELD,
    Option,
    Wording,
    wording_text,
)
from survey.surveys.item_types.base import InstrumentPart, Item
from survey.surveys.item_types.choices import (
    KINDS,
    Margin,
    OptionsItem,
    Rank,
    SelectMultiple,
    SelectOne,
)
from survey.surveys.item_types.dates import Date, DateTime, Time
from survey.surveys.item_types.files import File, FileItem, Image
from survey.surveys.item_types.numbers import Decimal, Integer, Range, Scale
from survey.surveys.item_types.places import Borough, Postcode
from survey.surveys.item_types.registry import (
    CONTAINER_TYPES,
    ITEM_TYPES,
    PART_TYPES,
    AnyItem,
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
from survey.surveys.item_types.tables import Agreement, Grid, GridRow, LikertItem
from survey.surveys.item_types.texts import Calculate, Consent, Note, Text, Unsupported

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
