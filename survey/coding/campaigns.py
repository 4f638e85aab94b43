"""Campaigns: one text that many people sent, edited or in other words, known from week to week."""

import datetime
from collections import Counter
from collections.abc import Mapping, Sequence

import msgspec

from survey.coding.codes import Polarity
from survey.coding.double_coding import ReadBy

LONGEST_NAME = 80


class EditionCampaign(msgspec.Struct, frozen=True, kw_only=True):
    """A campaign as an edition shows it: how many texts of one stream, on what, and when.

    Nothing identifies who sent them. `name` says what it asks for and `tone` how it is meant, both
    as a person decided; they are empty where nobody has. `reworded` if ten texts or more say it in
    other words.
    """

    id: str
    stream: str
    themes: tuple[str, ...]
    texts: int
    first: datetime.date
    last: datetime.date
    name: str = ""
    tone: str = ""
    reworded: bool = False

    @property
    def read_by(self) -> ReadBy:
        """How its themes and tone were read."""
        return "people" if self.tone else "machine"


class CampaignCoding(msgspec.Struct, frozen=True, kw_only=True):
    """What a person decided for all texts of a campaign.

    `name` says in a few words what it asks for; editions print it. `themes` are ids of version
    `codebook`.
    """

    campaign: str
    name: str
    tone: Polarity
    themes: tuple[str, ...]
    codebook: int


def matching_campaigns(
    groups: Sequence[Sequence[str]], before: Mapping[str, str]
) -> list[str | None]:
    """The known campaign that each group of texts belongs to, or None for a new one.

    A group belongs to the campaign with which it shares most texts; `before` gives the campaign
    of each text. No campaign is used twice: of several groups that share texts with one, the
    group that shares most gets it.
    """
    shared = [
        # Negative, so that one sort has the largest overlap first and settles equal ones alike
        # every week.
        (-many, campaign, place)
        for place, texts in enumerate(groups)
        for campaign, many in Counter(before[t] for t in texts if t in before).items()
    ]
    found: list[str | None] = [None] * len(groups)
    for _, campaign, place in sorted(shared):
        if found[place] is None and campaign not in found:
            found[place] = campaign
    return found
