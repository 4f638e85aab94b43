"""The chart of a stream's themes: how often, in what tone, and how many are not shown."""

from collections.abc import Iterator, Sequence

from analysis.disclosure import FEWEST_TEXTS
from api.editions import cells, charts, theme_tables
from api.editions.charts import NamedCharts
from api.editions.report import ReportChart
from api.editions.rows import text_dates
from api.locales import WITHHELD, format_count, format_share, format_signed, format_whole
from api.locales import edition_gettext as _
from api.locales import edition_ngettext as _n
from survey.editions import Edition
from survey.editions.texts import (
    NetSentiment,
    ThemeShare,
    counts_differ,
    themes_by_frequency,
)
from survey.sentences import N_

SHARES = N_("Share of the texts of residents asked, and their tone.")
RECEIVED = N_("Share of the texts received, and their tone.")
NUMBERS = N_("Number of texts received, and their tone.")
CHART_TITLE = N_("Themes: how often, and in what tone")
CHART_TITLE_ONCE = N_("Themes: how often, and in what tone, each campaign counted once")
# Why a theme of fewer texts may have the larger share.
WEIGHTED_SHARES = N_(
    "Shares are weighted to match residents and corrected for misreading; numbers of texts are "
    "not, so more texts can be a smaller share."
)
CORRECTED_SHARES = N_(
    "Shares are corrected for misreading; numbers of texts are not, so more texts can be a "
    "smaller share."
)
MACHINE_SHARES = N_(
    "Shares are weighted to match residents; numbers of texts are not, so more texts can be a "
    "smaller share. Both are machine counts."
)
TONE_SCALE = N_("Net sentiment, −100 to +100")
INTERVALS = N_("Thin lines: 95% intervals.")
# Nobody was drawn, so chance has no part in these.
READING_INTERVALS = N_("Thin lines: 95% intervals, for misreading only.")
BOTH_COUNTS = N_("Dark bars count each campaign once, grey bars every text.")


def theme_charts(edition: Edition) -> NamedCharts:
    """How often each theme was mentioned and in what tone, one chart for each stream.

    Bars with each campaign counted once, if it matters, are drawn over all texts.
    """
    for stream in dict.fromkeys(theme.stream for theme in edition.themes):
        city = [
            theme
            for theme in edition.themes
            if (theme.stream, theme.domain) == (stream, edition.city)
        ]
        chart = tone_chart(city, stream, cells.tones_by_theme(edition, stream))
        if charts.enough_bars(row.size for row in chart.rows):
            yield f"themes-{stream}", chart


def tone_chart(rows: list[ThemeShare], stream: str, tones: cells.ThemeTones) -> charts.ToneChart:
    """The chart of the themes that have a figure. Where no tone is known its side is left out."""
    once = counts_differ(rows)
    themes, _hidden = shown_and_hidden(rows)
    shares = stream == "sampled" or any(theme.corrected for theme in themes)
    head = theme_tables.tone_head(themes, tones, TONE_SCALE)
    drawn = [
        tone_row(theme, tones.get(theme.theme), shares=shares, once=once, toned=bool(head))
        for theme in themes
    ]
    return charts.ToneChart(
        title=_(CHART_TITLE_ONCE) if once else _(CHART_TITLE),
        description=" ".join(map(row_in_words, drawn)),
        rows=tuple(drawn),
        tone_title=head[0] if head else "",
    )


def tone_row(
    share: ThemeShare, tone: NetSentiment | None, *, shares: bool, once: bool, toned: bool
) -> charts.ToneRow:
    first = theme_tables.first_figures(share, once=once)
    # Only where a campaign is about the theme: the other shares differ by their denominator alone.
    twice = once and share.voices != share.texts
    return charts.ToneRow(
        name=theme_tables.theme_cell(share).text,
        size=(first.share if shares else first.texts) or 0,
        often=frequency_label(first, shares=shares),
        tone=tone.value if tone else None,
        low=tone.low if tone else None,
        high=tone.high if tone else None,
        said=cells.tone_word(tone) or _(cells.NOT_SURE) if toned else "",
        worry=tone is not None and tone.words == "worry",
        whole=((share.share if shares else share.texts) or 0) if twice else None,
        every=frequency_label(share, shares=shares) if twice else "",
        reach=share_reach(first) if shares else None,
        whole_reach=share_reach(share) if shares and twice else None,
    )


def share_reach(share: ThemeShare) -> tuple[float, float] | None:
    """The interval of a share, where it has one."""
    if share.share is None or share.low is None or share.high is None:
        return None
    return share.low, share.high


def frequency_label(share: ThemeShare, *, shares: bool) -> str:
    if share.texts is None:
        return _(WITHHELD)
    if not share.texts:
        return format_count(share.texts)
    texts = _n("{n} text", "{n} texts", share.texts).format(n=format_whole(share.texts))
    if share.share is None or not shares:
        return texts
    return _("{share} ({texts})").format(share=format_share(share.share), texts=texts)


def row_in_words(row: charts.ToneRow) -> str:
    """What the chart shows of one theme, for people who do not see it."""
    often = row.often
    if row.every:
        often = _("{once}; every text: {every}").format(once=often, every=row.every)
    tone = row.said or _(cells.NOT_SURE) if row.tone is None else format_signed(row.tone)
    return _("{theme}: {often}, tone {word}.").format(theme=row.name, often=often, word=tone)


def themes_chart(edition: Edition, rows: list[ThemeShare], stream: str) -> ReportChart:
    when = text_dates(edition)
    corrected = any(row.corrected for row in rows)
    counts = SHARES if stream == "sampled" else RECEIVED if corrected else NUMBERS
    once = counts_differ(rows)
    both = (_(BOTH_COUNTS),) if once else ()
    tones = cells.tones_by_theme(edition, stream)
    lined = any(row.reach or row.low is not None for row in tone_chart(rows, stream, tones).rows)
    lines = (_(INTERVALS if stream == "sampled" else READING_INTERVALS),) if lined else ()
    words = (*both, *lines, *figures_in_words(rows, stream))
    return ReportChart(
        chart=f"themes-{stream}",
        title=_(CHART_TITLE_ONCE) if once else _(CHART_TITLE),
        subtitle=" ".join((f"{when}.", _(counts), *words)),
        table=theme_tables.themes_table(rows, stream, tones),
    )


def few_themes(edition: Edition, rows: list[ThemeShare], stream: str) -> str:
    """The themes in a sentence, where their chart would have one or two bars."""
    drawn = tone_chart(rows, stream, cells.tones_by_theme(edition, stream)).rows
    if charts.enough_bars(row.size for row in drawn):
        return ""
    return " ".join((*map(row_in_words, drawn), *figures_in_words(rows, stream)))


def figures_in_words(rows: list[ThemeShare], stream: str) -> Iterator[str]:
    """What kind of figures a stream's themes have, and how many have none."""
    corrected = any(row.corrected for row in rows)
    if stream == "sampled":
        yield _(WEIGHTED_SHARES if corrected else MACHINE_SHARES)
    else:
        yield _(CORRECTED_SHARES if corrected else theme_tables.MACHINE_COUNTS)
    yield from hidden_themes(shown_and_hidden(rows)[1])


def hidden_themes(hidden: Sequence[ThemeShare]) -> Iterator[str]:
    """Why some themes are blank, without a reason for each theme: "because of another report" would
    say that few texts were added since that report.
    """
    misread = sum(share.missing == "reading" for share in hidden)
    if number := len(hidden) - misread:
        yield _n(
            "{n} theme is not shown: it has fewer than {fewest} texts, or would show such a small "
            "number next to another report.",
            "{n} themes are not shown: each has fewer than {fewest} texts, or would show such a "
            "small number next to another report.",
            number,
        ).format(n=format_whole(number), fewest=FEWEST_TEXTS)
    if misread:
        yield _n(
            "{n} theme is withheld, because the machine reads it too badly.",
            "{n} themes are withheld, because the machine reads them too badly.",
            misread,
        ).format(n=format_whole(misread))


def shown_and_hidden(rows: list[ThemeShare]) -> tuple[list[ThemeShare], list[ThemeShare]]:
    """The themes that have a figure, the most frequent first, and those that have none."""
    once = counts_differ(rows)
    themes = by_first_figures(rows)
    shown = [
        theme for theme in themes if theme_tables.first_figures(theme, once=once).texts is not None
    ]
    return shown, [theme for theme in themes if theme not in shown]


def by_first_figures(rows: list[ThemeShare]) -> list[ThemeShare]:
    """The themes, the most frequent first: counted with each campaign once, where that matters."""
    once = counts_differ(rows)
    given = {row.theme: row for row in rows}
    first = (theme_tables.first_figures(row, once=once) for row in rows)
    return [given[theme.theme] for theme in themes_by_frequency(first)]
