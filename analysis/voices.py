"""What was written with each campaign counted once: one voice, however many texts it sent."""

import datetime
from collections.abc import Iterator

import numpy as np

from analysis.material import Material
from analysis.statistics.variance import Flags, Floats
from survey.campaigns import CampaignSeen
from survey.reports import Received

MOST_SPEAK = 0.5
STREAMS = ("open", "complaints")


def weights(material: Material, rows: Flags) -> Floats:
    """What each of these texts counts as a voice: 1, or one part of its campaign among them.

    n texts of a campaign count 1/n each, so that the campaign counts once in every sum. People
    drawn by chance are respondents, each of them, and count 1.
    """
    campaign = material.texts.campaign
    if campaign is None or not rows.any():
        return np.ones(int(rows.sum()))
    mine = campaign[rows]
    sizes = np.bincount(mine[mine >= 0], minlength=int(mine.max()) + 1 or 1)
    return np.where(mine >= 0, 1.0 / np.maximum(sizes[mine], 1), 1.0)


def received(material: Material, city: Received) -> Received:
    """What came to the city, with each campaign counted once beside it."""
    inside = material.window(material.texts.day)
    spared = []
    for stream in STREAMS:
        counted = weights(material, inside & (material.texts.stream == stream))
        spared.append(len(counted) - round(float(counted.sum())))
    return Received(
        domain=city.domain,
        sampled=city.sampled,
        open=city.open,
        complaints=city.complaints,
        open_voices=max((city.open or 0) - spared[0], 0),
        complaint_voices=max((city.complaints or 0) - spared[1], 0),
    )


def campaigns(material: Material, inside: Flags) -> tuple[CampaignSeen, ...]:
    """The campaigns of the texts inside, by stream, the largest first; a theme of each is one
    that half of its texts speak of."""
    found = [one for stream in STREAMS for one in of_stream(material, inside, stream)]
    return tuple(sorted(found, key=lambda one: (-one.texts, one.stream, one.id)))


def of_stream(material: Material, inside: Flags, stream: str) -> Iterator[CampaignSeen]:
    texts = material.texts
    if texts.campaign is None:
        return
    rows = inside & (texts.stream == stream)
    for number in np.unique(texts.campaign[rows & (texts.campaign >= 0)]):
        mine = rows & (texts.campaign == number)
        speak = texts.spoken[mine].mean(axis=0) >= MOST_SPEAK
        days = material.texts.day[mine]
        yield CampaignSeen(
            id=material.campaigns[number],
            stream=stream,
            themes=tuple(
                name for (_, name), said in zip(material.themes, speak, strict=True) if said
            ),
            texts=int(mine.sum()),
            first=material.first + datetime.timedelta(days=int(days.min())),
            last=material.first + datetime.timedelta(days=int(days.max())),
        )
