"""The address of an edition on the pages of the working group."""

import datetime
from typing import Annotated

from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, PathParameter

from api.pages.reader import KindParameter
from survey.editions.actions import EditionKey

BASE = "/work/editions/{kind:str}/{start:date}/{number:int}"
Number = Annotated[int, PathParameter(ge=1, le=1_000_000)]
FromWhich = NamedDependency[EditionKey]


def edition_in_address(
    kind: KindParameter, start: FromPath[datetime.date], number: Number
) -> EditionKey:
    """The edition that an address names."""
    return EditionKey(kind, start, number)


# Dependencies of routers under BASE.
WHICH = {"which": Provide(edition_in_address, sync_to_thread=False)}


def edition_address(which: EditionKey) -> str:
    return f"/work/editions/{which.kind}/{which.start}/{which.number}"
