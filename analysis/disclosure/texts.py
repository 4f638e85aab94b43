"""What people wrote: themes, campaigns, and what a newer codebook made of the same texts."""

import msgspec

from analysis.disclosure import claims
from analysis.disclosure.claims import Claim
from analysis.disclosure.counts import FEWEST_TEXTS, TEXTS, persons, rounded
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
        total = passage.total((*series, edition.city), days, whole or None, rule=TEXTS)
        known = Claim((*series, edition.city), days, total, TEXTS)
        listed = passage.table(known, counts, (series, days), rule=TEXTS)
        shown |= {(stream, theme, edition.city): total}
        shown |= {(stream, theme, domain): count for domain, count in listed.items()}
    gated = []
    for one in edition.themes:
        texts = shown[one.stream, one.theme, one.domain]
        gated.append(hide(one) if texts is None else voices(passage, share(one, texts), one, days))
    return tuple(one for one in gated if one.domain == edition.city or one.status != "withheld")


def share(found: ThemeShare, texts: int) -> ThemeShare:
    """Shares of counts are those of the counts as they are told: an exact one would tell them."""
    exact = found.machine_share if found.corrected else found.share
    all_texts = persons(round(found.texts / exact)) if found.texts and exact else None
    counted = found.stream != "sampled"
    of_all = ratio(texts, all_texts) if counted else rounded(exact)
    plain = rounded(found.share) if found.corrected or not counted else of_all
    return msgspec.structs.replace(
        found,
        texts=texts,
        share=plain,
        machine_share=None if found.machine_share is None else of_all,
        net_sentiment=rounded(found.net_sentiment, 0),
        low=rounded(found.low),
        high=rounded(found.high),
    )


def ratio(texts: int, all_texts: int | None) -> float | None:
    return rounded(min(texts / all_texts, 1.0)) if all_texts else None


def voices(passage: Passage, told: ThemeShare, found: ThemeShare, days: claims.Days) -> ThemeShare:
    """Ten texts of which most are one campaign's: how few others wrote is not told."""
    series = "voices", found.stream, found.theme
    told_of = heard(passage, series, found.domain, found.voices, days)
    if told_of is None:
        return msgspec.structs.replace(
            told, voices=None, voice_share=None, voice_net_sentiment=None
        )
    return msgspec.structs.replace(
        told,
        voices=told_of,
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


def campaigns(passage: Passage, edition: Edition) -> tuple[CampaignSeen, ...]:
    """Those of which it may be told how many texts they sent; the others are not named either."""
    days = claims.index_window(edition)
    return tuple(
        msgspec.structs.replace(one, texts=texts)
        for one in edition.campaigns
        if (texts := heard(passage, ("campaign", one.id), one.stream, one.texts, days)) is not None
    )


def new_codebook(passage: Passage, edition: Edition) -> NewCodebook | None:
    """Without themes of which fewer than ten texts came or went: two figures would tell how few.

    They are the city's own counts, of which 0 may be told: what a new theme was before.
    """
    found, days = edition.new_codebook, claims.index_window(edition)
    if found is None:
        return None

    def read(kind: str, row: Recoded, texts: int | None) -> int | None:
        series = kind, row.stream, row.theme
        return passage.total(series, days, texts, rule=TEXTS)

    rows = tuple(
        msgspec.structs.replace(
            row,
            before=read("read before", row, row.before),
            after=read("recoded", row, row.after),
        )
        for row in found.recoded
        if abs((row.after or 0) - (row.before or 0)) >= FEWEST_TEXTS
    )
    return msgspec.structs.replace(found, texts=persons(found.texts), recoded=rows)


def heard(
    passage: Passage, series: claims.Series, key: str, texts: int | None, days: claims.Days
) -> int | None:
    """One count of voices, or of a campaign's texts, that is in no list."""
    return passage.table(None, {key: texts}, (series, days), rule=TEXTS)[key]
