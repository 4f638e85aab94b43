"""What people wrote: themes by stream, campaigns, quotes, and what a new codebook changed."""

import datetime
from collections.abc import Iterator, Sequence

import numpy as np
from msgspec.structs import replace

from analysis.disclosure import (
    FEWEST_TEXTS,
    TEXTS,
    Days,
    PublishedCount,
    rounded_count,
    rounded_figure,
    text_days,
)
from analysis.disclosure.gates import treatments
from analysis.disclosure.session import DisclosureSession
from analysis.editions import campaigns, codebook
from analysis.editions.chapter import Chapter, ChapterFields, Derivation, GateStep
from analysis.editions.inputs import WEEK, EditionInputs, text_window
from analysis.editions.workings import Workings, in_text_window
from analysis.statistics.sampling import proportions
from analysis.statistics.sampling.samples import Design, Feedback, Sample
from analysis.statistics.sampling.variance import Flags
from analysis.themes import accuracy, quotes
from survey.editions import Edition
from survey.editions.texts import (
    NewCodebook,
    ThemeCodebookEffect,
    ThemelessTexts,
    ThemeShare,
    WaitingProposal,
    without_theme_figures,
)
from survey.themes.demands import EditionCampaign
from survey.themes.double_coding import Accuracy, AccuracyEstimate, ThemeCheck
from survey.themes.quotes import PrintedQuote

# Not "unsettled": an interval that holds the pass mark withholds nothing.
WITHHELD_STATUSES = ("dropped", "below")


def compute(workings: Workings) -> ChapterFields:
    inputs, inside, readings = workings.inputs, workings.recent_texts, workings.readings
    reading, checks = accuracy.newest_reading_status(readings), workings.theme_checks
    withheld = reading in WITHHELD_STATUSES
    shares = () if withheld else codebook.without_badly_read(edition_theme_shares(inputs), checks)
    names = dict(inputs.themes)
    none = (
        ()
        if withheld
        else codebook.themeless_read_well(texts_without_theme(inputs, inside), checks)
    )
    return {
        "themes": themes_with_meanings(inputs, shares),
        "theme_checks": tuple(replace(check, name=names.get(check.theme, "")) for check in checks),
        "accuracy": readings[0] if readings else None,
        "reading": reading,
        "campaigns": codebook.campaigns_read_well(
            campaigns.campaigns_seen(inputs, inside), checks, names, withheld=withheld
        ),
        "themeless": none,
        "proposed": tuple(inputs.proposals),
        "new_codebook": codebook.codebook_effect_read_well(
            codebook.codebook_effect(inputs, inside), checks
        ),
    }


def derive(given: Derivation) -> ChapterFields:
    """The quotes of the edition: at most two for each shown theme, all allowed by the quote
    guard.
    """
    inputs, safe = given.workings.inputs, given.safe
    allowed = quotes.guarded_quotes(inputs.quotes, inputs.city, safe.themes, safe.campaigns)
    return {"quotes": quotes.balanced_quotes(allowed, inputs.quotes)}


def edition_theme_shares(inputs: EditionInputs, *, areas: bool = True) -> tuple[ThemeShare, ...]:
    """Themes by stream for the city, then for the boroughs; streams are never combined."""
    texts, inside = inputs.texts, in_text_window(inputs)
    if not inside.any():
        return ()
    shares: list[ThemeShare] = []
    for stream, share in (
        ("sampled", shares_of_residents),
        ("open", shares_of_texts),
        ("complaints", shares_of_texts),
    ):
        rows = inside & (texts.stream == stream)
        # Boroughs stay machine counts, because their labels would be too few (decision 0009).
        shares += corrected_city_shares(inputs, rows, share(inputs, rows, inputs.city, stream))
        for i, code in enumerate(inputs.codes if areas else ()):
            shares += share(inputs, rows & (texts.area == i), code, stream)
    return tuple(shares)


def corrected_city_shares(
    inputs: EditionInputs, rows: Flags, shares: list[ThemeShare]
) -> list[ThemeShare]:
    """The city's shares of a stream, corrected where people coded enough of its texts."""
    if inputs.labelled is None or not rows.any():
        return shares
    sample = sample_of_rows(inputs, rows) if shares[0].stream == "sampled" else None
    start, end = text_window(inputs.end)
    window = accuracy.CorrectionWindow(start=start, end=end)
    read = rows & ~campaigns.texts_coded_by_person(inputs, rows)
    if not read.any():
        return shares
    # The copies of a campaign are read rightly or wrongly together.
    each = np.bincount(inputs.texts.copies(read)) / int(read.sum())
    means = accuracy.machine_theme_means(
        inputs.texts.spoken[read], sample, concentration=float(each @ each)
    )
    corrected = accuracy.corrected_shares(shares, means, inputs.labelled, window)
    return (
        corrected if sample else campaigns.with_campaigns_corrected(inputs, rows, window, corrected)
    )


def sample_of_rows(inputs: EditionInputs, rows: Flags) -> Sample:
    texts = inputs.texts
    design = Design(weight=texts.weight[rows], stratum=texts.stratum[rows], psu=texts.psu[rows])
    return Sample(modes=np.full(int(rows.sum()), "sampled"), design=design)


def shares_of_residents(
    inputs: EditionInputs, rows: Flags, domain: str, _: str
) -> list[ThemeShare]:
    """Shares of residents drawn by chance who wrote, with design-based limits."""
    return proportions.sampled_theme_shares(
        inputs.texts.spoken[rows],
        names=inputs.themes,
        sample=sample_of_rows(inputs, rows),
        domain=domain,
    )


def shares_of_texts(
    inputs: EditionInputs, rows: Flags, domain: str, stream: str
) -> list[ThemeShare]:
    """The themes of people who wrote in: counts of texts, without an interval."""
    theme_shares = proportions.open_theme_shares(
        inputs.texts.spoken[rows],
        names=inputs.themes,
        feedback=Feedback(modes=np.full(int(rows.sum()), "open")),
        domain=domain,
        described=True,
        voice=inputs.texts.voice_weights(rows),
    )
    return [replace(share, stream=stream) for share in theme_shares]


def texts_without_theme(inputs: EditionInputs, inside: Flags) -> tuple[ThemelessTexts, ...]:
    """For each stream, how many texts have no theme, and their share, weighted for residents
    asked.
    """
    counts = []
    for stream in codebook.STREAMS:
        rows = inside & (inputs.texts.stream == stream)
        if rows.any():
            none = ~inputs.texts.spoken[rows].any(axis=1)
            weight = inputs.texts.weight[rows]
            counts.append(
                ThemelessTexts(
                    stream=stream,
                    texts=int(none.sum()),
                    of_texts=int(rows.sum()),
                    share=float(weight[none].sum() / weight.sum()),
                )
            )
    return tuple(counts)


def themes_with_meanings(
    inputs: EditionInputs, shares: Sequence[ThemeShare]
) -> tuple[ThemeShare, ...]:
    """Themes with their descriptions, and whether they are new since the previous edition."""
    new: set[str] = set()
    if inputs.before is not None:
        new = {theme for theme, _ in inputs.themes} - {
            old_theme for old_theme, _ in inputs.before.themes
        }
    return tuple(
        replace(
            share,
            new=share.theme in new,
            meaning=inputs.meanings.get(share.theme, ""),
        )
        for share in shares
    )


def gated_themes(step: GateStep) -> tuple[ThemeShare, ...]:
    """The city's themes, and those of boroughs that can be shown; a list of blanks helps nobody."""
    session, edition = step.session, step.computed
    days = text_days(edition)
    shown: dict[tuple[str, ...], int | None] = {}
    for stream, theme in dict.fromkeys((theme.stream, theme.theme) for theme in edition.themes):
        rows = [share for share in edition.themes if (share.stream, share.theme) == (stream, theme)]
        series = "theme", stream, theme
        counts = {row.domain: row.texts for row in rows if row.domain != edition.city}
        whole = next((row.texts for row in rows if row.domain == edition.city), None)
        # No 0 for a theme: in a list of themes it would show which blanks are 1 to 9.
        total = session.total((*series, edition.city), days, whole or None, rule=TEXTS)
        known = PublishedCount((*series, edition.city), days, total, TEXTS)
        listed = session.table(known, counts, (series, days), rule=TEXTS)
        shown |= {(stream, theme, edition.city): total}
        shown |= {(stream, theme, domain): count for domain, count in listed.items()}
    gated = []
    for share in edition.themes:
        texts = shown[share.stream, share.theme, share.domain]
        gated.append(
            without_theme_figures(share)
            if texts is None
            else with_gated_voices(session, gated_theme_share(share, texts), share, days)
        )
    return tuple(
        share for share in gated if share.domain == edition.city or share.status != "withheld"
    )


def gated_theme_share(share: ThemeShare, texts: int) -> ThemeShare:
    """A theme's gated figures. Its shares are of published counts: exact ones would reveal the
    count.
    """
    exact = share.machine_share if share.corrected else share.share
    # The number of all texts is not in the row; the exact share gives it back.
    all_texts = rounded_count(round(share.texts / exact)) if share.texts and exact else None
    counted = share.stream != "sampled"
    of_all = rounded_share(texts, all_texts) if counted else rounded_figure(exact)
    plain = rounded_figure(share.share) if share.corrected or not counted else of_all
    return replace(
        share,
        texts=texts,
        share=plain,
        machine_share=None if share.machine_share is None else of_all,
        low=rounded_figure(share.low),
        high=rounded_figure(share.high),
    )


def rounded_share(texts: int, all_texts: int | None) -> float | None:
    return rounded_figure(min(texts / all_texts, 1.0)) if all_texts else None


def with_gated_voices(
    session: DisclosureSession, gated: ThemeShare, theme: ThemeShare, days: Days
) -> ThemeShare:
    """The theme with its voices, unless too few: ten texts may come mostly from one campaign."""
    series = "voices", theme.stream, theme.theme, theme.domain
    voices = session.cell(series, days, theme.voices, rule=TEXTS)
    if voices is None:
        return replace(gated, voices=None, voice_share=None, voice_low=None, voice_high=None)
    # Of published counts, as the share of every text: an exact one would reveal the count.
    all_voices = (
        round(theme.voices / theme.voice_share) if theme.voices and theme.voice_share else 0
    )
    share = (
        rounded_figure(theme.voice_share)
        if theme.voice_low is not None
        else rounded_share(voices, rounded_count(all_voices))
    )
    return replace(
        gated,
        voices=voices,
        voice_share=share,
        voice_low=rounded_figure(theme.voice_low),
        voice_high=rounded_figure(theme.voice_high),
    )


def gated_campaigns(step: GateStep) -> tuple[EditionCampaign, ...]:
    """The campaigns whose number of texts may be published; the others are not named either."""
    days = text_days(step.computed)
    counts = (
        (
            campaign,
            step.session.cell(
                ("campaign", campaign.id, campaign.stream), days, campaign.texts, rule=TEXTS
            ),
        )
        for campaign in step.computed.campaigns
    )
    return tuple(replace(campaign, texts=texts) for campaign, texts in counts if texts is not None)


def gated_themeless(step: GateStep) -> tuple[ThemelessTexts, ...]:
    """Texts without a theme, unless they or those with one are too few. The share is of published
    counts, but weighted for residents asked.
    """
    days = text_days(step.computed)
    rows = []
    for themeless in step.computed.themeless:
        series = "texts", themeless.stream
        total = step.session.total(series, days, themeless.of_texts, rule=TEXTS)
        parts = {
            "none": themeless.texts,
            "some": (themeless.of_texts or 0) - (themeless.texts or 0),
        }
        known = PublishedCount(series, days, total, TEXTS)
        shown = step.session.table(
            known, parts, (("texts by theme", themeless.stream), days), rule=TEXTS
        )
        texts = shown["none"]
        of_counts = None if texts is None else rounded_share(texts, total)
        exact = rounded_figure(themeless.share) if texts is not None else None
        rows.append(
            replace(
                themeless,
                texts=texts,
                of_texts=total,
                share=exact if themeless.stream == "sampled" else of_counts,
            )
        )
    return tuple(row for row in rows if row.texts is not None)


def gated_proposals(step: GateStep) -> tuple[WaitingProposal, ...]:
    """The proposals that group enough texts; they span streams, so no list adds up to them."""
    proposals = (
        replace(
            proposal,
            texts=step.session.cell(
                ("proposal", proposal.id), proposal_days(proposal), proposal.texts, rule=TEXTS
            ),
        )
        for proposal in step.computed.proposed
    )
    return tuple(gated_proposal for gated_proposal in proposals if gated_proposal.texts is not None)


def proposal_days(proposal: WaitingProposal) -> Days:
    """The days of the texts that a proposal was made from: seven weeks."""
    return proposal.until - datetime.timedelta(days=7 * WEEK - 1), proposal.until


def gated_new_codebook(step: GateStep) -> NewCodebook | None:
    """The codebook's effect without themes that gained or lost fewer than ten texts.

    For these the figures before and after would reveal how few. The counts are the city's totals
    and may be 0, as a new theme's was before. None if no theme is shown.
    """
    new_codebook, days = step.computed.new_codebook, text_days(step.computed)

    def read(kind: str, row: ThemeCodebookEffect, texts: int | None) -> int | None:
        series = kind, row.stream, row.theme
        return step.session.total(series, days, texts, rule=TEXTS)

    if new_codebook is None or not step.gated.themes:
        return None
    rows = tuple(
        replace(
            row,
            before=read("read before", row, row.before),
            after=read("recoded", row, row.after),
        )
        for row in new_codebook.recoded
        if abs((row.after or 0) - (row.before or 0)) >= FEWEST_TEXTS
    )
    return replace(new_codebook, texts=rounded_count(new_codebook.texts), recoded=rows)


def theme_counts(edition: Edition) -> Iterator[PublishedCount]:
    """Texts and voices by theme."""
    days = text_days(edition)
    for theme in edition.themes:
        key = theme.stream, theme.theme, theme.domain
        city = None if theme.domain == edition.city else ("theme", *key[:2], edition.city)
        yield PublishedCount(("theme", *key), days, theme.texts, TEXTS, city)
        yield PublishedCount(("voices", *key), days, theme.voices, TEXTS)


def campaign_counts(edition: Edition) -> Iterator[PublishedCount]:
    days = text_days(edition)
    for campaign in edition.campaigns:
        series = "campaign", campaign.id, campaign.stream
        yield PublishedCount(series, days, campaign.texts, TEXTS)


def themeless_counts(edition: Edition) -> Iterator[PublishedCount]:
    days = text_days(edition)
    for none in edition.themeless:
        whole = "texts", none.stream
        part = "texts by theme", none.stream, "none"
        yield PublishedCount(whole, days, none.of_texts, TEXTS)
        yield PublishedCount(part, days, none.texts, TEXTS, whole)


def proposal_counts(edition: Edition) -> Iterator[PublishedCount]:
    for waiting in edition.proposed:
        about = "proposal", waiting.id
        yield PublishedCount(about, proposal_days(waiting), waiting.texts, TEXTS)


def codebook_counts(edition: Edition) -> Iterator[PublishedCount]:
    """Texts by theme under both codebooks."""
    days = text_days(edition)
    for effect in edition.new_codebook.recoded if edition.new_codebook else ():
        yield PublishedCount(("recoded", effect.stream, effect.theme), days, effect.after, TEXTS)
        yield PublishedCount(
            ("read before", effect.stream, effect.theme), days, effect.before, TEXTS
        )


CHAPTER = Chapter(
    name="themes",
    compute=compute,
    gates={
        "themes": gated_themes,
        "campaigns": gated_campaigns,
        "new_codebook": gated_new_codebook,
        "themeless": gated_themeless,
        "theme_checks": "plain",
        "proposed": gated_proposals,
        "accuracy": "digits",
        "reading": "plain",
        "quotes": "plain",
    },
    structs={
        ThemeShare: treatments(
            plain="theme name stream domain status corrected labels method new meaning missing",
            gated="texts share low high machine_share voices voice_share voice_low voice_high",
        ),
        ThemeCodebookEffect: treatments(plain="theme name stream", gated="before after"),
        NewCodebook: treatments(plain="before reasons changes", gated="texts recoded"),
        EditionCampaign: treatments(
            plain="id stream themes first last name tone reworded", gated="texts"
        ),
        ThemelessTexts: treatments(plain="stream", gated="texts of_texts share"),
        WaitingProposal: treatments(plain="id until", gated="texts"),
        AccuracyEstimate: treatments(plain="n", digits="value low high"),
        ThemeCheck: treatments(
            plain="quarter stream theme name status", gated="recall precision f1"
        ),
        Accuracy: treatments(plain="quarter labels", gated="alpha f1 tone_recall"),
        # The quote guard has passed these, by the themes that are shown.
        PrintedQuote: treatments(plain="id theme name stream domain words campaign"),
    },
    counts={
        "themes": theme_counts,
        "campaigns": campaign_counts,
        "themeless": themeless_counts,
        "proposed": proposal_counts,
        "new_codebook": codebook_counts,
    },
    derive=derive,
)
