"""Campaigns in an edition: which there are, theme shares where a person coded some of them or each
counts once, and their alerts.
"""

import datetime
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from msgspec.structs import replace

from analysis.disclosure import FEWEST_TEXTS
from analysis.editions.inputs import EditionInputs
from analysis.statistics.correction import MachineMean
from analysis.statistics.sampling.variance import Flags, Floats
from analysis.themes import accuracy
from analysis.themes.accuracy import CorrectionWindow
from survey.editions import Edition
from survey.editions.texts import ThemeShare
from survey.sentences import Sentence
from survey.themes.demands import EditionCampaign

ShareWithLimits = tuple[float | None, float | None, float | None]
SENT_STREAMS = ("open", "complaints")
THEME_OF_CAMPAIGN = 0.5
MOST_IN_HEADLINE = 3
# The themes of a week look back four weeks, so a text is in some window for as long.
DAYS_IN_WINDOWS = datetime.timedelta(days=28)


def campaigns_seen(inputs: EditionInputs, inside: Flags) -> tuple[EditionCampaign, ...]:
    """The campaigns among the selected texts, by stream, the largest first.

    A campaign's themes are those that half of its texts mention, or those that a person gave it.
    """
    campaigns = [
        campaign
        for stream in SENT_STREAMS
        for campaign in campaigns_of_stream(inputs, inside, stream)
    ]
    return tuple(
        sorted(campaigns, key=lambda campaign: (-campaign.texts, campaign.stream, campaign.id))
    )


def campaigns_of_stream(
    inputs: EditionInputs, inside: Flags, stream: str
) -> Iterator[EditionCampaign]:
    texts = inputs.texts
    if texts.campaign is None:
        return
    decided = {coding.campaign: coding for coding in inputs.campaign_codings}
    rows = inside & (texts.stream == stream)
    for number in np.unique(texts.campaign[rows & (texts.campaign >= 0)]):
        mine = rows & (texts.campaign == number)
        speak = texts.spoken[mine].mean(axis=0) >= THEME_OF_CAMPAIGN
        days = inputs.texts.day[mine]
        coding = decided.get(inputs.campaigns[number])
        yield EditionCampaign(
            id=inputs.campaigns[number],
            stream=stream,
            themes=tuple(
                name for (_, name), said in zip(inputs.themes, speak, strict=True) if said
            ),
            texts=int(mine.sum()),
            first=inputs.first + datetime.timedelta(days=int(days.min())),
            last=inputs.first + datetime.timedelta(days=int(days.max())),
            name=coding.name if coding else "",
            tone=coding.tone if coding else "",
            reworded=texts.reworded is not None and int(texts.reworded[mine].sum()) >= FEWEST_TEXTS,
        )


def texts_coded_by_person(inputs: EditionInputs, rows: Flags) -> Flags:
    """Which of these texts belong to a campaign that a person coded as a whole."""
    known = inputs.texts.by_person
    return rows & known if known is not None else np.zeros_like(rows)


def with_campaigns_corrected(
    inputs: EditionInputs, rows: Flags, window: CorrectionWindow, theme_shares: list[ThemeShare]
) -> list[ThemeShare]:
    """The corrected shares of an open stream; campaigns that a person coded count as coded.

    `theme_shares` are corrected for the machine's errors in all other texts of `rows`. With a the
    part of the texts that a person coded (of the voices where each campaign counts once): share =
    (1 - a) · corrected + a · coded by the person, and the limits likewise.
    """
    by_person = texts_coded_by_person(inputs, rows)
    voice = np.zeros(len(rows))
    voice[rows] = inputs.texts.voice_weights(rows)
    shares = []
    for i, share in enumerate(theme_shares):
        every = person_part(inputs.texts.spoken[:, i], by_person, rows.astype(np.float64))
        limits = {name: every.share_with(getattr(share, name)) for name in ("share", "low", "high")}
        mixed = replace(share, **limits) if share.corrected else share
        once = mixed.share, mixed.low, mixed.high
        # Without a campaign both are the same figure, and must not differ by how it was made.
        if (voice[rows] < 1).any():
            once = corrected_once(inputs, i, share, voice, window)
        shares.append(with_once(mixed, once))
    return shares


class PersonPart(NamedTuple):
    """Of a stream's texts: `part` is the share that a person coded, `spoken` the share that a
    person coded with the theme.
    """

    part: float
    spoken: float

    def share_with(self, other: float | None) -> float | None:
        return None if other is None else (1 - self.part) * other + self.spoken


def person_part(spoken: Flags, by_person: Flags, weight: Floats) -> PersonPart:
    total = float(weight.sum())
    return PersonPart(
        float(weight[by_person].sum()) / total, float(weight[by_person & spoken].sum()) / total
    )


def corrected_once(
    inputs: EditionInputs, theme: int, share: ThemeShare, voice: Floats, window: CorrectionWindow
) -> ShareWithLimits:
    """The corrected share with each campaign counted once; `voice` weighs texts, 0 if left out."""
    by_person = texts_coded_by_person(inputs, voice > 0)
    read = (voice > 0) & ~by_person
    if inputs.labelled is None or not share.corrected:
        return None, None, None
    spoken = inputs.texts.spoken[:, theme]
    each = np.bincount(inputs.texts.copies(read), voice[read]) / voice[read].sum()
    machine = MachineMean(
        mean=float(np.average(spoken[read], weights=voice[read])),
        concentration=(float(each @ each),),
    )
    # Labels count every text of a campaign, so they say how far the machine is off (λ = 1) and
    # not how often a theme comes up when each campaign counts once.
    estimate = accuracy.corrected_estimate(
        inputs.labelled, theme, share.stream, machine, window, power=1.0
    )
    if estimate is None:
        return None, None, None
    coded = person_part(spoken, by_person, voice)
    return (
        coded.share_with(estimate.value),
        coded.share_with(estimate.low),
        coded.share_with(estimate.high),
    )


def with_once(theme_share: ThemeShare, once: ShareWithLimits) -> ThemeShare:
    share, low, high = once
    if not theme_share.corrected:
        return theme_share
    return replace(theme_share, voice_share=share, voice_low=low, voice_high=high)


def campaign_sentences(edition: Edition) -> list[str]:
    """The largest campaigns of the edition, a sentence each."""
    return [campaign_sentence(campaign) for campaign in edition.campaigns[:MOST_IN_HEADLINE]]


def campaign_sentence(campaign: EditionCampaign) -> Sentence:
    """How often the same text was received, when, and what it asks for where a person said so."""
    if campaign.reworded:
        received = Sentence(
            "The same letter, partly in other words, was received about {n} times from {first} to "
            "{last}",
            n=campaign.texts,
            first=campaign.first,
            last=campaign.last,
        )
    else:
        received = Sentence(
            "The same letter was received about {n} times from {first} to {last}",
            n=campaign.texts,
            first=campaign.first,
            last=campaign.last,
        )
    if campaign.name:
        return Sentence("{received}: {name}.", received=received, name=campaign.name)
    if campaign.themes:
        return Sentence(
            "{received}. A machine reads it as about {themes}.",
            received=received,
            themes=", ".join(campaign.themes),
        )
    return Sentence("{received}.", received=received)


def received_copies(campaign: EditionCampaign) -> Sentence:
    match campaign.stream, campaign.reworded:
        case "complaints", True:
            return Sentence("About {n} complaints received that say the same", n=campaign.texts)
        case "complaints", False:
            return Sentence("About {n} near-identical complaints received", n=campaign.texts)
        case _, True:
            return Sentence("About {n} messages received that say the same", n=campaign.texts)
        case _:
            return Sentence("About {n} near-identical messages received", n=campaign.texts)


class CampaignAlert(NamedTuple):
    """The alert of a campaign: which one, what it says, and until when its texts count."""

    of: str
    sentence: Sentence
    until: datetime.date


def campaign_alerts(edition: Edition) -> Iterator[CampaignAlert]:
    """An alert for each published campaign whose texts are in a window of the edition."""
    for campaign in edition.campaigns:
        received = received_copies(campaign)
        said = (
            Sentence("{received} (campaign): {name}.", received=received, name=campaign.name)
            if campaign.name
            else Sentence("{received} (campaign).", received=received)
        )
        yield CampaignAlert(
            f"{campaign.id}:{campaign.stream}", said, campaign.last + DAYS_IN_WINDOWS
        )


def is_of_campaigns(key: str, campaigns: frozenset[str]) -> bool:
    """Whether this is the key of an alert about one of these campaigns."""
    rule, _, of = key.partition("/")
    return rule == "burst" and of.partition(":")[0] in campaigns
