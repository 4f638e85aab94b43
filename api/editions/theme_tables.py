"""The tables and sentences of themes: how often, in what tone, quotes, a new codebook."""

from collections.abc import Iterator

import msgspec

from analysis.disclosure import FEWEST_TEXTS
from api.editions.cells import READ_BY, AreaNamer, ThemeTones, tone_cell
from api.editions.report import ReportCell, ReportTable, text_cell
from api.editions.rows import ExportRow, export_periods
from api.editions.tables import Column, DeclaredTable, Row
from api.locales import (
    WITHHELD,
    format_count,
    format_dates,
    format_day,
    format_range,
    format_share,
    format_share_limits,
    format_short_day,
    format_whole,
)
from api.locales import edition_gettext as _
from survey.editions import Edition
from survey.editions.texts import (
    NewCodebook,
    ThemelessTexts,
    ThemeShare,
    counted_once,
    counts_differ,
)
from survey.sentences import N_
from survey.themes import double_coding
from survey.themes.demands import EditionCampaign
from survey.themes.quotes import PrintedQuote

STREAMS = {
    "sampled": N_("residents who were asked"),
    "open": N_("people who wrote in"),
    "complaints": N_("complaints"),
}
THEME = N_("Theme")
TONE = N_("Net sentiment (95% interval)")
TONE_IN_WORDS = N_("Tone in a word")
SHARE = N_("Share (95% interval)")
MACHINE_COUNT = N_("Machine count")
ONCE = N_("Each campaign once")
EVERY_TEXT = N_("Every text")
MACHINE_COUNTS = N_("Numbers of texts are machine counts.")
BADLY_READ = N_("withheld: the machine reads this theme too badly")
STATUSES = {
    "passed": N_("good enough"),
    "unsettled": N_("not settled: an interval includes the minimum"),
    "below": N_("below the minimum: withheld"),
    "dropped": N_("below the minimum: withheld"),
}
CAMPAIGN_TONES = {
    "": N_("not decided by a person"),
    "negative": N_("worry or criticism"),
    "neutral": N_("neither"),
    "positive": N_("praise"),
}
SMALL_CAMPAIGNS = N_(
    "Smaller campaigns also count as one voice. They are not listed: each has fewer than {fewest} "
    "texts here, or would show such a small number next to another report."
)
SMALL_CHANGES = N_(
    "Themes that gained or lost fewer than {fewest} texts in a stream are not listed."
)


def top_themes_table(rows: list[ThemeShare], stream: str, tones: ThemeTones) -> ReportTable:
    """The table of a few themes, also with each campaign counted once where that changes
    figures.
    """
    # An uncorrected share of texts that people chose to send would be read as one of residents.
    described = stream == "sampled" or any(row.corrected for row in rows)
    once = counts_differ(rows)
    counted = _(ONCE) if once else _(MACHINE_COUNT)
    every = (_(EVERY_TEXT),) if once else ()
    toned = tone_head(rows, tones)
    # One scale for all themes of the table.
    end = max((first_figures(row, once=once).high or 0.0 for row in rows), default=0.0)
    return ReportTable(
        caption=_("The most frequent of the themes shown, each campaign counted once")
        if once
        else _("The most frequent of the themes shown"),
        head=(_(THEME), _(SHARE) if described else counted, *toned, *every),
        rows=tuple(
            (
                msgspec.structs.replace(theme_cell(row), under=""),
                drawn_cell(first_figures(row, once=once), end, described=described),
                *((theme_tone_cell(row, tones),) if toned else ()),
                *((every_text_cell(row, described=described),) if once else ()),
            )
            for row in rows
        ),
        note=_(MACHINE_COUNTS) if once and not described else "",
    )


def tone_head(rows: list[ThemeShare], tones: ThemeTones, numbers: str = TONE) -> tuple[str, ...]:
    """The head of the column of tones: `numbers` only where it holds any; none where no tone of
    these themes is known.
    """
    known = [tones[row.theme] for row in rows if row.texts is not None and row.theme in tones]
    if any(tone.value is not None for tone in known):
        return (_(numbers),)
    return (_(TONE_IN_WORDS),) if any(tone.words for tone in known) else ()


def first_figures(share: ThemeShare, *, once: bool) -> ThemeShare:
    """The figures that come first: with `once`, those that count each campaign once."""
    return counted_once(share) if once else share


def every_text_cell(share: ThemeShare, *, described: bool) -> ReportCell:
    """The share, else the number, with every text of a campaign counted."""
    if described and share.share is not None:
        return text_cell(format_share(share.share))
    return text_cell(format_count(share.texts))


def drawn_cell(share: ThemeShare, end: float, *, described: bool) -> ReportCell:
    """The figure of a theme; a share with its interval also as a line that ends at `end`."""
    cell = theme_cells(share, described=described)[-1]
    if not described or share.share is None or share.low is None or share.high is None:
        return cell
    scale = 100 * share.low / end, 100 * share.share / end, 100 * share.high / end
    return msgspec.structs.replace(cell, under="", scale=scale)


def theme_cell(share: ThemeShare) -> ReportCell:
    """The theme's name, whether it is new, and its meaning, or why its figures are withheld."""
    name = _("{theme} (new)").format(theme=share.name) if share.new else share.name
    reason = _(BADLY_READ) if share.missing == "reading" else ""
    return ReportCell(name, under=reason if share.texts is None else share.meaning)


def themes_table(rows: list[ThemeShare], stream: str, tones: ThemeTones) -> ReportTable:
    """The themes of a stream, also with each campaign counted once where that changes figures."""
    corrected = any(row.corrected for row in rows)
    described = stream == "sampled" or corrected
    once = counts_differ(rows)
    share = _(SHARE) if corrected else _("Share by machine count (95% interval)")
    shares = (share,) if described else ()
    every = (_(EVERY_TEXT), *((_("Share, every text"),) if described else ())) if once else ()
    toned = tone_head(rows, tones)
    message = _("Themes, each campaign counted once: {stream}") if once else _("Themes: {stream}")
    return ReportTable(
        caption=message.format(stream=_(STREAMS[stream])),
        head=(_(THEME), _(ONCE) if once else _(MACHINE_COUNT), *shares, *toned, *every),
        rows=tuple(
            (
                theme_cell(row),
                *theme_cells(first_figures(row, once=once), described=described),
                *((theme_tone_cell(row, tones),) if toned else ()),
                *(theme_cells(row, described=described) if once else ()),
            )
            for row in rows
        ),
        note=_(MACHINE_COUNTS) if once else "",
    )


def theme_cells(share: ThemeShare, *, described: bool) -> tuple[ReportCell, ...]:
    texts = text_cell(format_count(share.texts))
    return (texts, share_cell(share)) if described else (texts,)


def share_cell(share: ThemeShare) -> ReportCell:
    if share.share is None:
        return text_cell(WITHHELD)
    if share.low is None or share.high is None:
        return ReportCell(_("{share}, machine count").format(share=format_share(share.share)))
    limits = format_share_limits(share.low, share.high)
    # On one line: a figure is not parted from its interval.
    figure = f"{format_share(share.share)}\N{NO-BREAK SPACE}({limits})"
    return ReportCell(figure, under=_(READ_BY[share.read_by]))


def theme_tone_cell(share: ThemeShare, tones: ThemeTones) -> ReportCell:
    """The net sentiment of a theme, withheld where the number of its texts is withheld."""
    return text_cell(WITHHELD) if share.texts is None else tone_cell(tones.get(share.theme))


def area_table(rows: list[ThemeShare], stream: str, names: AreaNamer) -> ReportTable:
    twice = stream != "sampled" and counts_differ(rows)
    once = (_(ONCE),) if twice else ()
    return ReportTable(
        caption=_("By borough, themes with at least {fewest} texts: {stream}").format(
            fewest=FEWEST_TEXTS, stream=_(STREAMS[stream])
        ),
        head=(_("Borough"), _(THEME), _(MACHINE_COUNT), *once),
        rows=tuple(
            (
                ReportCell(names(row.domain)),
                ReportCell(row.name),
                *theme_cells(row, described=False),
                *((text_cell(format_count(row.voices)),) if once else ()),
            )
            for row in rows
        ),
    )


def campaign_tables(edition: Edition, stream: str) -> tuple[ReportTable, ...]:
    mine = [campaign for campaign in edition.campaigns if campaign.stream == stream]
    if not mine:
        return ()
    return (
        ReportTable(
            caption=_("Campaigns, each counted as one voice: {stream}").format(
                stream=_(STREAMS[stream])
            ),
            head=(
                _("What it asks for, and themes"),
                _("Tone"),
                _("Texts"),
                _("Days"),
            ),
            rows=tuple(
                (
                    campaign_cell(campaign),
                    ReportCell(_(CAMPAIGN_TONES[campaign.tone])),
                    ReportCell(format_whole(campaign.texts)),
                    ReportCell(
                        format_short_day(campaign.first)
                        if campaign.first == campaign.last
                        else format_dates(campaign.first, campaign.last)
                    ),
                )
                for campaign in mine
            ),
            note=_(SMALL_CAMPAIGNS).format(fewest=FEWEST_TEXTS),
        ),
    )


def campaign_cell(campaign: EditionCampaign) -> ReportCell:
    themes = "; ".join(campaign.themes) or _("no theme, or none that may be shown")
    if campaign.reworded:
        themes = _("{themes}; partly in other words").format(themes=themes)
    return ReportCell(campaign.name, under=themes) if campaign.name else ReportCell(themes)


def codebook_tables(edition: Edition, codebook: NewCodebook) -> Iterator[DeclaredTable]:
    """A table for each stream, as streams are never added up."""
    days = export_periods(edition).texts
    for stream in dict.fromkeys(row.stream for row in codebook.recoded):
        yield DeclaredTable(
            _("The same texts under both versions: {stream}").format(stream=_(STREAMS[stream])),
            _(THEME),
            [
                Column(
                    _("Version {number}").format(number=number),
                    f"texts under version {number}: {{row}}",
                    method=READ_BY["machine"],
                )
                for number in (codebook.before, edition.codebook)
            ],
            [
                Row(
                    row.name,
                    ("codebook", days, edition.city, stream),
                    (row.before, row.after),
                    row.name,
                )
                for row in codebook.recoded
                if row.stream == stream
            ],
            f"{_(MACHINE_COUNTS)} {_(SMALL_CHANGES).format(fewest=FEWEST_TEXTS)}",
        )


def theme_check_tables(edition: Edition) -> Iterator[ReportTable]:
    """One table of how well the machine reads: all themes of a stream, then each theme."""
    if not edition.theme_checks:
        return
    yield ReportTable(
        caption=_("How well the machine reads each theme"),
        head=(
            _("Stream"),
            _(THEME),
            _("Found, of what people place there"),
            _("Right, of what it places there"),
            _("Result"),
        ),
        rows=tuple(
            (
                ReportCell(_(STREAMS[check.stream])),
                ReportCell((check.name or check.theme) if check.theme else _("all themes")),
                *check_cells(check),
                ReportCell(_(STATUSES[check.status])),
            )
            for check in edition.theme_checks
        ),
        note=_(
            "From the texts of a year that two people coded, with 95% intervals. A theme of a "
            "stream is checked from {fewest} texts on; its minimum is {minimum} for both, and "
            "{all_minimum} for the F1 of all themes. A theme is withheld where the whole interval "
            "is below its minimum."
        ).format(
            fewest=double_coding.FEWEST_OF_THEME,
            minimum=f"{double_coding.THEME_PASS_MARK:.2f}",
            all_minimum=f"{double_coding.PASS_MARK:.2f}",
        ),
    )


def check_cells(check: double_coding.ThemeCheck) -> tuple[ReportCell, ReportCell]:
    if check.theme:
        return ReportCell(figure_text(check.recall)), ReportCell(figure_text(check.precision))
    return ReportCell(_("F1 {figure}").format(figure=figure_text(check.f1))), ReportCell("")


def figure_text(estimate: double_coding.AccuracyEstimate) -> str:
    if estimate.value is None or estimate.low is None or estimate.high is None:
        return _("too few texts")
    return f"{estimate.value:.2f} ({format_range(f'{estimate.low:.2f}', f'{estimate.high:.2f}')})"


def theme_check_rows(edition: Edition, period: str) -> Iterator[ExportRow]:
    for check in edition.theme_checks:
        key = "themes", period, edition.city, check.stream
        name = (check.name or check.theme) if check.theme else "all themes"
        figures = {"recall": check.recall, "precision": check.precision, "F1": check.f1}
        for measure, figure in figures.items():
            if figure.value is not None:
                how = f"{READ_BY['people']}: {check.status}"
                yield (
                    *key,
                    f"{measure}: {name}",
                    figure.n,
                    figure.value,
                    figure.low,
                    figure.high,
                    how,
                    "shown",
                )


def quote_origin(quote: PrintedQuote, names: AreaNamer) -> str:
    """Where a quote is from: a theme and a place, or a campaign."""
    if not quote.campaign:
        return f"{quote.name}, {names(quote.domain)}"
    if not quote.name:
        return _("From a text that many people sent")
    return _("From a text that many people sent: {name}").format(name=quote.name)


def themeless_sentences(edition: Edition, stream: str) -> Iterator[str]:
    """How many texts of the stream have no theme."""
    for count in edition.themeless:
        if count.stream == stream:
            yield themeless_sentence(count)


def themeless_sentence(texts: ThemelessTexts) -> str:
    if texts.share is None or texts.of_texts is None:
        return _("In about {texts} texts the machine found none of our themes.").format(
            texts=format_whole(texts.texts or 0)
        )
    return _(
        "In about {texts} of about {of_texts} texts ({share}) the machine found none of our themes."
    ).format(
        texts=format_whole(texts.texts or 0),
        of_texts=format_whole(texts.of_texts),
        share=format_share(texts.share),
    )


def proposal_sentences(edition: Edition) -> Iterator[str]:
    """New themes that wait for the working group; their names are not approved yet."""
    for proposal in edition.proposed:
        if proposal.texts is not None:
            yield _(
                "The machine proposes a new theme, which groups about {texts} texts received up to "
                "{day}. The working group has not decided on it yet."
            ).format(texts=format_whole(proposal.texts), day=format_day(proposal.until))


def codebook_words(edition: Edition, codebook: NewCodebook) -> tuple[str, ...]:
    versions = _(
        "The report before used version {before} of the codebook, this one uses version {now}. "
        "Figures on themes can differ for that reason alone."
    ).format(before=codebook.before, now=edition.codebook)
    same = (
        _(
            "About {texts} texts were coded under both versions. The differences below come from "
            "the coding alone, not from what people wrote."
        ).format(texts=format_whole(codebook.texts))
        if codebook.texts
        else _("No text of this edition was coded under both versions.")
    )
    why = " ".join(
        _("The reason given: {reason}").format(reason=reason) for reason in codebook.reasons
    )
    return tuple(filter(None, (versions, why, same)))
