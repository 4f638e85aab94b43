"""What people wrote: themes, campaigns, and what a newer codebook made of the same texts."""

from collections.abc import Sequence

import msgspec

from analysis.disclosure import claims
from analysis.disclosure.claims import Claim
from analysis.disclosure.counts import FEWEST_TEXTS, TEXTS, cell, persons, rounded
from analysis.disclosure.passage import Passage
from survey.campaigns import CampaignSeen
from survey.editions import Edition
from survey.reports import NewCodebook, Recoded, ThemeShare


def themes(passage: Passage, edition: Edition) -> tuple[ThemeShare, ...]:
    """The city's themes, and those of boroughs that can be shown: a list of blanks helps nobody."""
    days = claims.index_window(edition)
    shown: dict[tuple[str, ...], int | None] = {}
    for stream, theme in dict.fromkeys((one.stream, one.theme) for one in edition.themes):
        rows = [one for one in edition.themes if (one.stream, one.theme) == (stream, theme)]
        series = "theme", stream, theme
        counts = {one.domain: one.texts for one in rows if one.domain != edition.city}
        whole = next((one.texts for one in rows if one.domain == edition.city), None)
        total = passage.total("themes", (*series, edition.city), days, whole or None, rule=TEXTS)
        known = Claim((*series, edition.city), days, total, TEXTS)
        told = passage.table("themes", known, counts, (series, days), rule=TEXTS)
        shown |= {(stream, theme, edition.city): total}
        shown |= {(stream, theme, domain): count for domain, count in told.items()}
    gated = (share(one, shown[one.stream, one.theme, one.domain]) for one in edition.themes)
    return tuple(one for one in gated if one.domain == edition.city or one.status != "withheld")


def share(found: ThemeShare, texts: int | None) -> ThemeShare:
    """Shares of counts are those of the counts as they are told: an exact one would tell them."""
    if texts is None:
        return hide(found)
    exact = found.machine_share if found.corrected else found.share
    all_texts = persons(round(found.texts / exact)) if found.texts and exact else None
    counted = found.stream != "sampled"
    of_all = ratio(texts, all_texts) if counted else rounded(exact)
    plain = rounded(found.share) if found.corrected or not counted else of_all
    told = msgspec.structs.replace(
        found,
        texts=texts,
        share=plain,
        machine_share=None if found.machine_share is None else of_all,
        net_sentiment=rounded(found.net_sentiment, 0),
        low=rounded(found.low),
        high=rounded(found.high),
    )
    return voices(told, found)


def ratio(texts: int, all_texts: int | None) -> float | None:
    return rounded(min(texts / all_texts, 1.0)) if all_texts else None


def voices(told: ThemeShare, found: ThemeShare) -> ThemeShare:
    """Ten texts of which most are one campaign's: how few others wrote is not told."""
    heard = cell(found.voices, FEWEST_TEXTS)
    if heard is None:
        return msgspec.structs.replace(
            told, voices=None, voice_share=None, voice_net_sentiment=None
        )
    return msgspec.structs.replace(
        told,
        voices=heard,
        voice_share=rounded(found.voice_share),
        voice_net_sentiment=rounded(found.voice_net_sentiment, 0),
    )


def hide(found: ThemeShare) -> ThemeShare:
    return msgspec.structs.replace(
        found,
        texts=None,
        share=None,
        machine_share=None,
        voices=None,
        voice_share=None,
        voice_net_sentiment=None,
        net_sentiment=None,
        low=None,
        high=None,
        status="withheld",
    )


def campaigns(found: Sequence[CampaignSeen]) -> tuple[CampaignSeen, ...]:
    return tuple(
        msgspec.structs.replace(one, texts=texts)
        for one in found
        if (texts := cell(one.texts, FEWEST_TEXTS)) is not None
    )


def new_codebook(found: NewCodebook | None) -> NewCodebook | None:
    """Without themes of which fewer than ten texts came or went: two figures would tell how few."""
    if found is None:
        return None
    moved = (
        row for row in found.recoded if abs((row.after or 0) - (row.before or 0)) >= FEWEST_TEXTS
    )
    return msgspec.structs.replace(
        found, texts=persons(found.texts), recoded=tuple(map(recoded, moved))
    )


def recoded(row: Recoded) -> Recoded:
    return msgspec.structs.replace(
        row, before=persons(row.before, FEWEST_TEXTS), after=persons(row.after, FEWEST_TEXTS)
    )
