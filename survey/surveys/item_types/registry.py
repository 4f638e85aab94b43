"""Every item type, in the order in which the builder offers them: a new one is a line here."""

from typing import get_args

from survey.surveys.item_types.base import Item
from survey.surveys.item_types.choices import Rank, SelectMultiple, SelectOne
from survey.surveys.item_types.dates import Date, DateTime, Time
from survey.surveys.item_types.files import File, Image
from survey.surveys.item_types.numbers import Decimal, Integer, Range, Scale
from survey.surveys.item_types.places import Borough, Postcode
from survey.surveys.item_types.tables import Agreement, Grid
from survey.surveys.item_types.texts import Calculate, Consent, Note, Text, Unsupported

AnyItem = (
    SelectOne
    | SelectMultiple
    | Agreement
    | Grid
    | Scale
    | Text
    | Integer
    | Decimal
    | Range
    | Date
    | Time
    | DateTime
    | Rank
    | Consent
    | Borough
    | Postcode
    | Image
    | File
    | Note
    | Calculate
    | Unsupported
)
ITEM_TYPES: tuple[type[Item], ...] = get_args(AnyItem)
