"""The ready instruments: a sampled survey, open feedback, a complaint; one JSON file each.

`blocks` holds questions to copy into others, such as those about the person who answers.

The Arabic wordings are drafts: a speaker of Arabic must review them before a resident sees them.
"""

from pathlib import Path

import msgspec

from survey.instruments import AnyItem, Instrument, check

FOLDER = Path(__file__).parent


def ready() -> list[Instrument]:
    decoder = msgspec.json.Decoder(Instrument)
    return [check(decoder.decode(file.read_bytes())) for file in sorted(FOLDER.glob("*.json"))]


def block(name: str) -> tuple[AnyItem, ...]:
    """Questions to copy."""
    return msgspec.json.decode(
        (FOLDER / "blocks" / f"{name}.json").read_bytes(), type=tuple[AnyItem, ...]
    )
