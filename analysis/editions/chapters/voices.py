"""Counts of texts with each campaign counted once, however many texts it sent."""

import datetime
from collections.abc import Iterator

import numpy as np

from analysis.editions.inputs import EditionInputs
from analysis.statistics.variance import Flags, Floats
from survey.coding.campaigns import EditionCampaign
from survey.editions.figures import ReceivedCounts

THEME_OF_CAMPAIGN = 0.5
STREAMS = ("open", "complaints")


def voice_weights(material: EditionInputs, rows: Flags) -> Floats:
    """The weight of each text when every campaign counts once.

    n texts of a campaign count 1/n each, so that the campaign counts once in every sum. All other
    texts count 1, including those of people drawn by chance.
    """
    campaign = material.texts.campaign
    if campaign is None or not rows.any():
        return np.ones(int(rows.sum()))
    mine = campaign[rows]
    sizes = np.bincount(mine[mine >= 0], minlength=int(mine.max()) + 1 or 1)
    return np.where(mine >= 0, 1.0 / np.maximum(sizes[mine], 1), 1.0)


def received_with_voices(material: EditionInputs, city: ReceivedCounts) -> ReceivedCounts:
    """What the city received, also with each campaign counted once."""
    inside = material.window(material.texts.day)
    spared = []
    for stream in STREAMS:
        counted = voice_weights(material, inside & (material.texts.stream == stream))
        spared.append(len(counted) - round(float(counted.sum())))
    return ReceivedCounts(
        domain=city.domain,
        sampled=city.sampled,
        open=city.open,
        complaints=city.complaints,
        open_voices=max((city.open or 0) - spared[0], 0),
        complaint_voices=max((city.complaints or 0) - spared[1], 0),
    )


def campaigns_seen(material: EditionInputs, inside: Flags) -> tuple[EditionCampaign, ...]:
    """The campaigns of the selected texts, by stream, largest first.

    A campaign's themes are those that half of its texts mention.
    """
    found = [one for stream in STREAMS for one in campaigns_of_stream(material, inside, stream)]
    return tuple(sorted(found, key=lambda one: (-one.texts, one.stream, one.id)))


def campaigns_of_stream(
    material: EditionInputs, inside: Flags, stream: str
) -> Iterator[EditionCampaign]:
    texts = material.texts
    if texts.campaign is None:
        return
    rows = inside & (texts.stream == stream)
    for number in np.unique(texts.campaign[rows & (texts.campaign >= 0)]):
        mine = rows & (texts.campaign == number)
        speak = texts.spoken[mine].mean(axis=0) >= THEME_OF_CAMPAIGN
        days = material.texts.day[mine]
        yield EditionCampaign(
            id=material.campaigns[number],
            stream=stream,
            themes=tuple(
                name for (_, name), said in zip(material.themes, speak, strict=True) if said
            ),
            texts=int(mine.sum()),
            first=material.first + datetime.timedelta(days=int(days.min())),
            last=material.first + datetime.timedelta(days=int(days.max())),
        )
