"""Every item type, in the order in which the builder offers them: a new one is a line here."""

from typing import get_args

from survey.surveys.item_types.agreement import Agreement
from survey.surveys.item_types.base import Item
from survey.surveys.item_types.borough import Borough
from survey.surveys.item_types.calculate import Calculate
from survey.surveys.item_types.consent import Consent
from survey.surveys.item_types.date import Date
from survey.surveys.item_types.date_time import DateTime
from survey.surveys.item_types.decimal import Decimal
from survey.surveys.item_types.file import File
from survey.surveys.item_types.grid import Grid
from survey.surveys.item_types.image import Image
from survey.surveys.item_types.integer import Integer
from survey.surveys.item_types.note import Note
from survey.surveys.item_types.postcode import Postcode
from survey.surveys.item_types.range import Range
from survey.surveys.item_types.rank import Rank
from survey.surveys.item_types.scale import Scale
from survey.surveys.item_types.select_multiple import SelectMultiple
from survey.surveys.item_types.select_one import SelectOne
from survey.surveys.item_types.text import Text
from survey.surveys.item_types.time import Time
from survey.surveys.item_types.unsupported import Unsupported

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
