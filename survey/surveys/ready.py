"""The built-in instruments: a sampled survey, open feedback and a complaint, one JSON file each.

The question bank has blocks of questions to copy into other surveys, with their purpose and source.
Templates are whole surveys made of them; an organiser has to publish these. A template lists blocks
("about-you") and single items ("perception/good_job_here") in order and says which need an answer,
so that each wording exists only in the bank.

No template defines an index. The perception index estimates what all residents think, with an
interval, and these are open surveys that people choose to answer, so it cannot be computed from
them. A sampled survey that uses the block "taser-index" may define it from those four items.

All wordings are in the languages of the residents' pages. Those that are not in English are drafts
of a machine until a person confirms the catalogue of the language
(docs/how-to/operators/confirm-a-translation.md).
"""

from pathlib import Path
from typing import Literal, TypeVar

import msgspec
from msgspec.structs import replace

from survey.surveys.instruments import AnyItem, Instrument, Mode, Wording, check_instrument
from survey.words import in_local_words, is_london, with_local_wordings

Read = TypeVar("Read")
FOLDER = Path(__file__).with_suffix("")
TEMPLATE_FOLDER = FOLDER / "templates"
COMPLAINT = "complaint"  # the slug of the one complaint form, whose answers are cases


class BankBlock(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Questions to copy; `references` maps item or row names to the source's own numbering."""

    name: str
    title: str
    about: str
    source: str
    licence: str = ""
    references: dict[str, str] = {}
    items: tuple[AnyItem, ...] = ()


class BankContents(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The contents of bank.toml: the blocks in order, without their items."""

    block: tuple[BankBlock, ...]


def load_question_bank() -> tuple[BankBlock, ...]:
    """Every block with its items; names are unique across blocks, so any blocks can be combined."""
    listed = msgspec.toml.decode((FOLDER / "bank.toml").read_bytes(), type=BankContents)
    return tuple(
        replace(block, about=in_local_words(block.about), items=load_block(block.name))
        for block in listed.block
    )


def load_block(name: str) -> tuple[AnyItem, ...]:
    """The questions of one block."""
    return load_wordings(FOLDER / "blocks" / f"{name}.json", tuple[AnyItem, ...])


def load_wordings(file: Path, kind: type[Read]) -> Read:
    """The content of a file of ours, worded for the place."""
    raw = file.read_bytes()
    if not is_london():
        raw = msgspec.json.encode(with_local_wordings(msgspec.json.decode(raw)))
    return msgspec.json.decode(raw, type=kind)


class SurveyTemplate(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The contents of a template file: everything but the questions themselves."""

    slug: str
    mode: Mode
    kind: Literal["survey", "feedback"]
    title: Wording
    summary: Wording
    takes: tuple[str, ...]
    required: tuple[str, ...]


def load_templates() -> tuple[Instrument, ...]:
    """Every template, as version 1 of an instrument of its own."""
    return tuple(
        instrument_from_template(load_wordings(file, SurveyTemplate))
        for file in sorted(TEMPLATE_FOLDER.glob("*.json"))
    )


def instrument_from_template(template: SurveyTemplate) -> Instrument:
    items = tuple(item for taken in template.takes for item in bank_items(taken))
    if missing := set(template.required) - {item.name for item in items}:
        raise ValueError(f"{template.slug} requires what it does not take: {sorted(missing)}")
    return check_instrument(
        Instrument(
            slug=template.slug,
            version=1,
            mode=template.mode,
            kind=template.kind,
            title=template.title,
            summary=template.summary,
            items=tuple(
                replace(item, required=True) if item.name in template.required else item
                for item in items
            ),
        )
    )


def bank_items(taken: str) -> tuple[AnyItem, ...]:
    """All items of a block ("about-you"), or a single one ("perception/good_job_here")."""
    name, _, wanted = taken.partition("/")
    items = tuple(item for item in load_block(name) if wanted in ("", item.name))
    if not items:
        raise ValueError(f"the bank has no question or block called {taken!r}")
    return items


def load_ready_instruments() -> list[Instrument]:
    return [
        check_instrument(load_wordings(file, Instrument)) for file in sorted(FOLDER.glob("*.json"))
    ]
