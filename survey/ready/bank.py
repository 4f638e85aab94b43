"""The question bank: blocks of questions to copy, what each is for, and whose words they are."""

from pathlib import Path

import msgspec

from survey.instruments import AnyItem

FOLDER = Path(__file__).parent


class Block(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Questions to copy; `references` is what their publisher calls an item, or a row of one."""

    name: str
    title: str
    about: str
    source: str
    licence: str = ""
    references: dict[str, str] = {}
    items: tuple[AnyItem, ...] = ()


class Listed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What stands in bank.toml: the blocks in the order of the bank, without their items."""

    block: tuple[Block, ...]


def bank() -> tuple[Block, ...]:
    """Every block; a name stands once in all of them, so that any can be taken together."""
    listed = msgspec.toml.decode((FOLDER / "bank.toml").read_bytes(), type=Listed)
    return tuple(msgspec.structs.replace(one, items=block(one.name)) for one in listed.block)


def block(name: str) -> tuple[AnyItem, ...]:
    """The questions of one block."""
    return msgspec.json.decode(
        (FOLDER / "blocks" / f"{name}.json").read_bytes(), type=tuple[AnyItem, ...]
    )
