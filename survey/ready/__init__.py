"""The ready instruments: a sampled survey, open feedback, a complaint; one JSON file each.

`bank` holds questions to copy into others, such as those about the person who answers, and
`templates` whole instruments made of them; neither is published until somebody does so.

The Arabic wordings are drafts: a speaker of Arabic must review them before a resident sees them.
"""

from pathlib import Path

import msgspec

from survey.instruments import Instrument, check
from survey.ready.bank import Block, bank, block
from survey.ready.templates import templates

__all__ = ["COMPLAINT", "Block", "bank", "block", "ready", "templates"]

FOLDER = Path(__file__).parent
COMPLAINT = "complaint"  # the slug of the one complaint form, whose answers are cases


def ready() -> list[Instrument]:
    decoder = msgspec.json.Decoder(Instrument)
    return [check(decoder.decode(file.read_bytes())) for file in sorted(FOLDER.glob("*.json"))]
