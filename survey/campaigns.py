"""Campaigns: one voice that sent many texts, known again from week to week by its texts."""

import datetime
from collections import Counter
from collections.abc import Mapping, Sequence

import msgspec


class CampaignSeen(msgspec.Struct, frozen=True, kw_only=True):
    """A campaign as an edition shows it: how many texts of one stream, on what, and when.

    Nothing tells where they came from.
    """

    id: str
    stream: str
    themes: tuple[str, ...]
    texts: int
    first: datetime.date
    last: datetime.date


def known_again(groups: Sequence[Sequence[str]], before: Mapping[str, str]) -> list[str | None]:
    """The campaign that each group of texts already is: the one it has most texts of.

    `before` tells the campaign of a text. No campaign is given twice; of several groups that
    share texts with one, that with most of them keeps it.
    """
    shared = [
        (-many, campaign, place)
        for place, texts in enumerate(groups)
        for campaign, many in Counter(before[t] for t in texts if t in before).items()
    ]
    found: list[str | None] = [None] * len(groups)
    for _, campaign, place in sorted(shared):
        if found[place] is None and campaign not in found:
            found[place] = campaign
    return found
