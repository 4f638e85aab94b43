"""How a panel marks a record: by colour and reasons, or step by step with a score that gives the
colour; and why there was no body-worn video. Both are lists in `schemes.toml`.
"""

import datetime
import itertools
from pathlib import Path
from typing import Literal

import msgspec

StepVerdict = Literal["met", "not_met", "unsure"]
ScoreColour = Literal["green", "amber", "red"]
LEAST_SCORE, MOST_SCORE = 0, 20


class MarkStep(msgspec.Struct, frozen=True):
    """A step of a scheme, such as P: the letter that names it, and its words."""

    key: str
    words: str


class ScoreBand(msgspec.Struct, frozen=True):
    """The scores that have a colour."""

    colour: ScoreColour
    least: int
    most: int


class WordingSource(msgspec.Struct, frozen=True):
    """A page from which the words of a scheme were taken, and the day on which it was read."""

    address: str
    read_on: datetime.date
    about: str


class MarkScheme(msgspec.Struct, frozen=True, kw_only=True):
    """How members mark a record. Without `bands` they choose the colour; without `steps` they
    choose from the reasons of the panel.
    """

    name: str = "Colours and reasons"
    steps: tuple[MarkStep, ...] = ()
    bands: tuple[ScoreBand, ...] = ()
    sources: tuple[WordingSource, ...] = ()

    def scores(self) -> dict[int, ScoreColour]:
        """The colour of each score, the lowest score first."""
        bands = sorted(self.bands, key=lambda band: band.least)
        return {score: band.colour for band in bands for score in range(band.least, band.most + 1)}

    def has_gaps(self) -> bool:
        """Whether a score between the lowest and the highest has no colour, or has two."""
        bands = sorted((band.least, band.most) for band in self.bands)
        return any(least > most for least, most in bands) or any(
            before[1] + 1 != after[0] for before, after in itertools.pairwise(bands)
        )


class SchemeFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What `schemes.toml` holds."""

    schemes: dict[str, MarkScheme]
    no_video: dict[str, str]


SCHEME_FILE = msgspec.toml.decode(
    Path(__file__).with_name("schemes.toml").read_bytes(), type=SchemeFile
)
COLOURS_AND_REASONS = MarkScheme()
READY_SCHEMES = SCHEME_FILE.schemes
assert READY_SCHEMES["colours"] == COLOURS_AND_REASONS
NO_VIDEO = SCHEME_FILE.no_video
VIDEO = "video"
VIDEO_UNKNOWN = "unknown"
