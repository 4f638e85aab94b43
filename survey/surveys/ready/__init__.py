"""The built-in instruments: a sampled survey, open feedback and a complaint, one JSON file each.

`bank` has questions to copy into other surveys, such as those about the respondent, and
`templates` has whole surveys made of them; an organiser has to publish these.

The Arabic wordings are drafts: an Arabic speaker must review them before residents see them.
"""

from pathlib import Path

import msgspec

from survey.surveys.instruments import Instrument, check_instrument
from survey.surveys.ready.bank import BankBlock, load_block, load_question_bank
from survey.surveys.ready.templates import load_templates

__all__ = [
    "COMPLAINT",
    "BankBlock",
    "load_block",
    "load_question_bank",
    "load_ready_instruments",
    "load_templates",
]

FOLDER = Path(__file__).parent
COMPLAINT = "complaint"  # the slug of the one complaint form, whose answers are cases


def load_ready_instruments() -> list[Instrument]:
    decoder = msgspec.json.Decoder(Instrument)
    return [
        check_instrument(decoder.decode(file.read_bytes()))
        for file in sorted(FOLDER.glob("*.json"))
    ]
