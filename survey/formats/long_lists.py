"""Lists with more answers than a survey has room for: people type theirs instead."""

import msgspec

from survey.formats.importing.mending import map_parts
from survey.formats.instruments import ImportReport
from survey.surveys.instruments import AnyPart, Grid, Instrument, Item, Text, all_parts
from survey.surveys.instruments.references import WithOptions
from survey.surveys.instruments.sizes import MOST_ROWS, MOST_ROWS_IN_ALL


def with_room(instrument: Instrument, report: ImportReport) -> Instrument:
    """The survey with as many of its lists as it has room for, the shortest first."""
    parts = [*all_parts(instrument.items)]
    room = MOST_ROWS_IN_ALL - sum(len(one.rows) for one in parts if isinstance(one, Grid))
    typed: set[int] = set()
    lists = [one for one in parts if isinstance(one, WithOptions)]
    for part in sorted(lists, key=lambda one: len(one.options)):
        if len(part.options) <= min(MOST_ROWS, room):
            room -= len(part.options)
        else:
            typed.add(id(part))
            why = (
                f"it has {len(part.options):,} answers. A question can have {MOST_ROWS:,}, and a "
                f"survey {MOST_ROWS_IN_ALL:,} in all, so people type theirs"
            )
            report.leave(f"survey ({part.name})", "the list of answers", why)

    def act(part: AnyPart) -> AnyPart:
        return as_text(part) if id(part) in typed else part

    return msgspec.structs.replace(instrument, items=map_parts(instrument.items, act))


def as_text(part: AnyPart) -> Text:
    fields = {field: getattr(part, field) for field in Item.__struct_fields__}
    return Text(**fields | {"default": "", "appearance": "", "long": False})
