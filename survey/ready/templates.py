"""Whole instruments to copy, put together from the bank; none is published with the house.

A template takes blocks ("about-you") and single items ("perception/good_job_here") in its order,
and says which of them need an answer, so that a wording stands in the bank and nowhere else.

None names an index. The perception index says what residents think, with an interval, and these
are open surveys: who answers them chose to, so that no such figure can be made. A sampled survey
that takes the block "taser-index" may name its four items.
"""

from pathlib import Path
from typing import Literal

import msgspec

from survey.instruments import AnyItem, Instrument, Mode, Wording, check
from survey.ready.bank import block

FOLDER = Path(__file__).parent / "templates"


class Template(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a file of a template says: everything but the questions themselves."""

    slug: str
    mode: Mode
    kind: Literal["survey", "feedback"]
    title: Wording
    summary: Wording
    takes: tuple[str, ...]
    required: tuple[str, ...]


def templates() -> tuple[Instrument, ...]:
    """Every template, as version 1 of an instrument of its own."""
    decoder = msgspec.json.Decoder(Template)
    return tuple(made(decoder.decode(file.read_bytes())) for file in sorted(FOLDER.glob("*.json")))


def made(template: Template) -> Instrument:
    items = tuple(item for taken in template.takes for item in items_of(taken))
    if missing := set(template.required) - {item.name for item in items}:
        raise ValueError(f"{template.slug} requires what it does not take: {sorted(missing)}")
    return check(
        Instrument(
            slug=template.slug,
            version=1,
            mode=template.mode,
            kind=template.kind,
            title=template.title,
            summary=template.summary,
            items=tuple(held(item, template.required) for item in items),
        )
    )


def items_of(taken: str) -> tuple[AnyItem, ...]:
    """The items of a block, or the one that is named behind it."""
    name, _, wanted = taken.partition("/")
    items = tuple(item for item in block(name) if wanted in ("", item.name))
    if not items:
        raise ValueError(f"the bank has no question or block called {taken!r}")
    return items


def held(item: AnyItem, required: tuple[str, ...]) -> AnyItem:
    return msgspec.structs.replace(item, required=True) if item.name in required else item
