"""The part of each item type on paper: one file a type, named as the type's own file.

A part has `answer_space`, what is printed below the words of its question; one whose question is
printed in another way has `blocks`.
"""

from collections.abc import Iterator
from functools import cache
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING

from api.paper.numbering import answer_keys, no_answer_boxes
from api.paper.questions import PaperBlock, PaperContext
from survey.surveys.instruments import InstrumentPart, Item

if TYPE_CHECKING:
    from api.paper.laying import FormLayout


@cache
def paper_part(kind: type[InstrumentPart]) -> ModuleType:
    """The module of a type; each type that people see has one, which a test holds."""
    return import_module(f"{__name__}.{kind.type_name()}")


def item_blocks(item: Item, form: "FormLayout") -> Iterator[PaperBlock]:
    """What is printed of a question, or of words between questions."""
    part = paper_part(type(item))
    if hasattr(part, "blocks"):
        yield from part.blocks(item, form)
    else:
        yield form.question(item)


def answer_space(item: Item, pen: PaperContext) -> PaperBlock:
    """The space for an answer; `apart` are the boxes for not answering."""
    if item.read_only:
        return {"as": "nothing"}
    laid: PaperBlock = paper_part(type(item)).answer_space(item, pen)
    if laid["as"] == "nothing":
        return laid
    apart = [*no_answer_boxes(item, pen.words).values()]
    keys = [*answer_keys(item, pen.numbered_form)]
    own = len(keys) - len(apart)
    if "apart" in laid:  # these boxes are in one row with the others
        both = {key: value for key, value in laid.items() if key not in ("apart", "apart_shape")}
        return both | {"keys": keys}
    shape = laid.get("apart_shape") or laid.get("shape", "square")
    known = {"keys": keys[:own]} | laid
    return known | {"apart": apart, "apart_keys": keys[own:], "apart_shape": shape}
