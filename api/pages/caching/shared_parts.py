"""Parts of residents' pages that look the same to everyone: rendered once and then read in memory.

To lay out a question takes most of the time of its page, and until somebody answers it the question
looks alike to all. What a person typed, and words with an earlier answer in them, are never stored.
"""

from collections.abc import Callable, Sequence

import msgspec
from markupsafe import Markup

from api.pages.forms import Form
from api.translating import LANGUAGE
from survey.places import Area
from survey.surveys.instruments import Instrument, Item, all_parts

PartKey = tuple[str, ...]
ONLY_FIELD = "answer"
MOST_PARTS = 1_000  # of a few kilobytes each
PARTS: dict[PartKey, Markup] = {}


def shared_part(key: PartKey | None, caller: Callable[[], str]) -> Markup:
    """The part of a page between `call` and `endcall`, rendered once for each key and language.

    Without a key it is rendered for this page alone.
    """
    if key is None:
        return Markup(caller())  # noqa: S704 - the template's own output, which is escaped
    kept = (LANGUAGE.get(), *key)
    if (found := PARTS.get(kept)) is None:
        found = Markup(caller())  # noqa: S704 - as above
        while len(PARTS) >= MOST_PARTS:
            PARTS.pop(next(iter(PARTS)), None)
        PARTS[kept] = found
    return found


def question_key(
    instrument: Instrument, item: Item, at: str, asked: Form, areas: Sequence[Area]
) -> PartKey | None:
    """The key of a question that nobody answered yet; None if the page is one person's.

    The whole question is in the key, so that another version of a survey never shows this one's.
    """
    if asked.errors or not is_unanswered(asked, at) or not is_as_published(instrument, item):
        return None
    words = msgspec.json.encode(item).decode()
    return "question", item.type_name(), words, at, instrument.kind, *names_of(areas)


def areas_key(heading: str, is_heading: bool, asked: Form, areas: Sequence[Area]) -> PartKey | None:
    """The key of the list of boroughs with nothing chosen or typed; None if it is one person's.

    `is_heading` says whether its heading is that of the page.
    """
    if asked.errors or asked.faults or any(map(any, asked.values.values())):
        return None
    return "boroughs", heading, "h1" if is_heading else "h2", *names_of(areas)


def names_of(areas: Sequence[Area]) -> tuple[str, ...]:
    return tuple(word for area in areas for word in (area.code, area.name))


def is_unanswered(asked: Form, at: str) -> bool:
    """Whether the form has nothing in the fields of a question, whose names all begin with `at`.

    The only question of a page has a field of another name too, so there every field counts.
    """
    begin = "" if at == ONLY_FIELD else at
    return not any(any(given) for name, given in asked.values.items() if name.startswith(begin))


def is_as_published(instrument: Instrument, item: Item) -> bool:
    """Whether this is the survey's own question: with an answer in its words it is another one."""
    return any(item is one for one in all_parts(instrument.items))
