"""Figures on what people wrote: themes, campaigns, and the effect of a newer codebook."""

import msgspec

from analysis.disclosure import claims
from analysis.disclosure.claims import PublishedCount
from analysis.disclosure.counts import FEWEST_TEXTS, TEXTS, rounded_count, rounded_figure
from analysis.disclosure.session import DisclosureSession
from survey.coding.campaigns import EditionCampaign
from survey.editions.edition import Edition
from survey.editions.figures import NewCodebook, ThemeCodebookEffect, ThemeShare


def gated_themes(passage: DisclosureSession, edition: Edition) -> tuple[ThemeShare, ...]:
    """The city's themes, and those of boroughs that can be shown; a list of blanks helps nobody."""
    days = claims.index_window(edition)
    shown: dict[tuple[str, ...], int | None] = {}
    for stream, theme in dict.fromkeys((one.stream, one.theme) for one in edition.themes):
        rows = [one for one in edition.themes if (one.stream, one.theme) == (stream, theme)]
        series = "theme", stream, theme
        counts = {one.domain: one.texts for one in rows if one.domain != edition.city}
        whole = next((one.texts for one in rows if one.domain == edition.city), None)
        total = passage.total((*series, edition.city), days, whole or None, rule=TEXTS)
        known = PublishedCount((*series, edition.city), days, total, TEXTS)
        listed = passage.table(known, counts, (series, days), rule=TEXTS)
        shown |= {(stream, theme, edition.city): total}
        shown |= {(stream, theme, domain): count for domain, count in listed.items()}
    gated = []
    for one in edition.themes:
        texts = shown[one.stream, one.theme, one.domain]
        gated.append(
            hidden_theme(one)
            if texts is None
            else with_gated_voices(passage, gated_theme_share(one, texts), one, days)
        )
    return tuple(one for one in gated if one.domain == edition.city or one.status != "withheld")


def gated_theme_share(found: ThemeShare, texts: int) -> ThemeShare:
    """Shares are computed from published counts: an exact share would reveal the count."""
    exact = found.machine_share if found.corrected else found.share
    all_texts = rounded_count(round(found.texts / exact)) if found.texts and exact else None
    counted = found.stream != "sampled"
    of_all = rounded_share(texts, all_texts) if counted else rounded_figure(exact)
    plain = rounded_figure(found.share) if found.corrected or not counted else of_all
    return msgspec.structs.replace(
        found,
        texts=texts,
        share=plain,
        machine_share=None if found.machine_share is None else of_all,
        net_sentiment=rounded_figure(found.net_sentiment, 0),
        low=rounded_figure(found.low),
        high=rounded_figure(found.high),
    )


def rounded_share(texts: int, all_texts: int | None) -> float | None:
    return rounded_figure(min(texts / all_texts, 1.0)) if all_texts else None


def with_gated_voices(
    passage: DisclosureSession, told: ThemeShare, found: ThemeShare, days: claims.Days
) -> ThemeShare:
    """The theme with its voices, unless too few: ten texts may come mostly from one campaign."""
    series = "voices", found.stream, found.theme
    told_of = gated_text_count(passage, series, found.domain, found.voices, days)
    if told_of is None:
        return msgspec.structs.replace(
            told, voices=None, voice_share=None, voice_net_sentiment=None
        )
    return msgspec.structs.replace(
        told,
        voices=told_of,
        voice_share=rounded_figure(found.voice_share),
        voice_net_sentiment=rounded_figure(found.voice_net_sentiment, 0),
    )


def hidden_theme(found: ThemeShare) -> ThemeShare:
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


def gated_campaigns(passage: DisclosureSession, edition: Edition) -> tuple[EditionCampaign, ...]:
    """The campaigns whose number of texts may be published; the others are not named either."""
    days = claims.index_window(edition)
    return tuple(
        msgspec.structs.replace(one, texts=texts)
        for one in edition.campaigns
        if (texts := gated_text_count(passage, ("campaign", one.id), one.stream, one.texts, days))
        is not None
    )


def gated_new_codebook(passage: DisclosureSession, edition: Edition) -> NewCodebook | None:
    """The codebook's effect without themes that gained or lost fewer than ten texts.

    Two figures close together would reveal how few. These are the city's own counts and may be 0:
    what a new theme was before.
    """
    found, days = edition.new_codebook, claims.index_window(edition)
    if found is None:
        return None

    def read(kind: str, row: ThemeCodebookEffect, texts: int | None) -> int | None:
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
    return msgspec.structs.replace(found, texts=rounded_count(found.texts), recoded=rows)


def gated_text_count(
    passage: DisclosureSession,
    series: claims.Series,
    key: str,
    texts: int | None,
    days: claims.Days,
) -> int | None:
    """One count of voices, or of a campaign's texts, that belongs to no list."""
    return passage.table(None, {key: texts}, (series, days), rule=TEXTS)[key]
