"""The word lists in this folder, read once."""

from pathlib import Path

import msgspec


class WordLists(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    no_name: frozenset[str]
    only_capitalised: frozenset[str]
    common_english: frozenset[str]
    romanised: frozenset[str]
    everywhere: frozenset[str]


def load_word_lists() -> WordLists:
    written: dict[str, str | list[str]] = msgspec.toml.decode(
        Path(__file__).with_name("word_lists.toml").read_bytes()
    )
    return msgspec.convert(
        {
            name: entry.split() if isinstance(entry, str) else entry
            for name, entry in written.items()
        },
        type=WordLists,
    )


WORDS = load_word_lists()
