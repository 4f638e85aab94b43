"""The question bank: blocks of questions to copy, with their purpose and source."""

from pathlib import Path

import msgspec

from survey.surveys.instruments import AnyItem

FOLDER = Path(__file__).parent


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
    return tuple(msgspec.structs.replace(one, items=load_block(one.name)) for one in listed.block)


def load_block(name: str) -> tuple[AnyItem, ...]:
    """The questions of one block."""
    return msgspec.json.decode(
        (FOLDER / "blocks" / f"{name}.json").read_bytes(), type=tuple[AnyItem, ...]
    )
