"""The tables of themes: how often and in what tone, by borough, by campaign and by codebook."""

from collections.abc import Iterable, Iterator

from analysis.disclosure.counts import FEWEST_TEXTS
from api.editions.cells import AreaNamer
from api.editions.report import ReportCell, ReportTable, text_cell
from api.editions.tone_cells import ThemeTones, tone_cell
from api.formatting import (
    WITHHELD,
    format_count,
    format_dates,
    format_share,
    format_share_limits,
    format_short_day,
    format_whole,
)
from api.translating import edition_gettext as _
from survey.coding.campaigns import EditionCampaign
from survey.editions.chapters.themes import NewCodebook, ThemeShare
from survey.editions.edition import Edition
from survey.sentences import N_

STREAMS = {
    "sampled": N_("residents who were asked"),
    "open": N_("people who wrote in"),
    "complaints": N_("complaints"),
}
THEME = N_("Theme")
TONE = N_("Net sentiment (95% interval)")
SHARE = N_("Share (95% interval)")
MACHINE_COUNT = N_("Machine count")
ONCE = N_("Each campaign once")
SMALL_CAMPAIGNS = N_(
    "Campaigns with fewer than {fewest} texts in a stream also count as one voice, but are not "
    "listed."
)
SMALL_CHANGES = N_(
    "Themes that gained or lost fewer than {fewest} texts in a stream are not listed."
)


def top_themes_table(rows: list[ThemeShare], stream: str, tones: ThemeTones) -> ReportTable:
    # An uncorrected share of texts that people chose to send would be read as one of residents.
    described = stream == "sampled" or any(one.corrected for one in rows)
    toned = any_tone(rows, tones)
    return ReportTable(
        caption=_("The most frequent themes"),
        head=(
            _(THEME),
            _(SHARE) if described else _(MACHINE_COUNT),
            *((_(TONE),) if toned else ()),
        ),
        rows=tuple(
            (
                theme_cell(one),
                share_cell(one) if described else text_cell(format_count(one.texts)),
                *((theme_tone_cell(one, tones),) if toned else ()),
            )
            for one in rows
        ),
    )


def any_tone(rows: list[ThemeShare], tones: ThemeTones) -> bool:
    """Whether a tone of any of these themes is sure: a column without one would say nothing."""
    return any(one.theme in tones and one.texts is not None for one in rows)


def theme_cell(one: ThemeShare) -> ReportCell:
    """The theme's name, whether it is new, and its meaning unless its figures are withheld."""
    name = _("{theme} (new)").format(theme=one.name) if one.new else one.name
    return ReportCell(name, under="" if one.texts is None else one.meaning)


def themes_table(rows: list[ThemeShare], stream: str, tones: ThemeTones) -> ReportTable:
    corrected = any(one.corrected for one in rows)
    described = stream == "sampled" or corrected
    share = _(SHARE) if corrected else _("Share by machine count (95% interval)")
    shares = (share,) if described else ()
    toned = any_tone(rows, tones)
    return ReportTable(
        caption=_("Themes: {stream}").format(stream=_(STREAMS[stream])),
        head=(_(THEME), _(MACHINE_COUNT), *shares, *((_(TONE),) if toned else ())),
        rows=tuple(
            (
                theme_cell(one),
                *theme_cells(one, described=described),
                *((theme_tone_cell(one, tones),) if toned else ()),
            )
            for one in rows
        ),
    )


def theme_cells(one: ThemeShare, *, described: bool) -> tuple[ReportCell, ...]:
    texts = text_cell(format_count(one.texts))
    return (texts, share_cell(one)) if described else (texts,)


def share_cell(one: ThemeShare) -> ReportCell:
    if one.share is None:
        return text_cell(WITHHELD)
    if one.low is None or one.high is None:
        return ReportCell(_("{share}, machine count").format(share=format_share(one.share)))
    return ReportCell(f"{format_share(one.share)} ({format_share_limits(one.low, one.high)})")


def theme_tone_cell(one: ThemeShare, tones: ThemeTones) -> ReportCell:
    """The net sentiment of the theme: withheld with its texts."""
    return text_cell(WITHHELD) if one.texts is None else tone_cell(tones.get(one.theme))


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
                ReportCell(names(one.domain)),
                ReportCell(one.name),
                *theme_cells(one, described=False),
                *((text_cell(format_count(one.voices)),) if once else ()),
            )
            for one in rows
        ),
    )


def counts_differ(rows: Iterable[ThemeShare]) -> bool:
    """Whether counting each campaign once changes any of these figures."""
    return any(one.texts is not None and one.voices != one.texts for one in rows)


def voice_tables(rows: list[ThemeShare], stream: str) -> tuple[ReportTable, ...]:
    """The city's themes with every text counted and with each campaign counted once."""
    if stream == "sampled" or not counts_differ(rows):
        return ()
    return (
        ReportTable(
            caption=_("Every text, and each campaign once: {stream}").format(
                stream=_(STREAMS[stream])
            ),
            head=(_(THEME), _("Every text"), _(ONCE)),
            rows=tuple(
                (
                    ReportCell(one.name),
                    text_cell(format_count(one.texts)),
                    text_cell(format_count(one.voices)),
                )
                for one in rows
                if one.texts is not None
            ),
        ),
    )


def campaign_tables(edition: Edition, stream: str) -> tuple[ReportTable, ...]:
    mine = [one for one in edition.campaigns if one.stream == stream]
    if not mine:
        return ()
    return (
        ReportTable(
            caption=_("Campaigns, each counted as one voice: {stream}").format(
                stream=_(STREAMS[stream])
            ),
            head=(_("About"), _("Texts"), _("Days")),
            rows=tuple(
                (
                    ReportCell("; ".join(one.themes) or _("no theme of the codebook")),
                    ReportCell(format_whole(one.texts)),
                    ReportCell(campaign_days(one)),
                )
                for one in mine
            ),
            note=_(SMALL_CAMPAIGNS).format(fewest=FEWEST_TEXTS),
        ),
    )


def campaign_days(one: EditionCampaign) -> str:
    return (
        format_short_day(one.first) if one.first == one.last else format_dates(one.first, one.last)
    )


def codebook_tables(edition: Edition, found: NewCodebook) -> Iterator[ReportTable]:
    """One table for each stream; streams are never added up."""
    for stream in dict.fromkeys(row.stream for row in found.recoded):
        yield ReportTable(
            caption=_("The same texts under both versions: {stream}").format(
                stream=_(STREAMS[stream])
            ),
            head=(_(THEME), version_name(found.before), version_name(edition.codebook)),
            rows=tuple(
                (
                    ReportCell(row.name),
                    text_cell(format_count(row.before)),
                    text_cell(format_count(row.after)),
                )
                for row in found.recoded
                if row.stream == stream
            ),
            note=_(SMALL_CHANGES).format(fewest=FEWEST_TEXTS),
        )


def version_name(number: int) -> str:
    return _("Version {number}").format(number=number)
