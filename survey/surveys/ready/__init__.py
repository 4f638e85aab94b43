"""The built-in instruments: a sampled survey, open feedback and a complaint, one JSON file each.

`bank` has questions to copy into other surveys, such as those about the respondent, and
`templates` has whole surveys made of them; an organiser has to publish these.

All wordings are in the languages of the residents' pages. Those that are not in English are drafts
of a machine until a person confirms the catalogue of the language (docs/operators.md, Languages).
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
