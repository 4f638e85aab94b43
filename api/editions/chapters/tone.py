"""In what tone people wrote: net sentiment by stream, and how well the machine hears worry."""

from collections.abc import Iterator

from api.editions.cells import READ_BY, tone_sentence, tone_text
from api.editions.report import (
    ForStatisticians,
    ReportCell,
    ReportSection,
    ReportTable,
    measure_links,
    text_cell,
)
from api.editions.rows import EACH_ONCE, ExportRow, Periods
from api.editions.theme_tables import STREAMS
from api.locales import edition_gettext as _
from api.locales import format_day, format_range, format_signed, format_whole
from survey.editions import Edition
from survey.editions.texts import NetSentiment, ToneVersion
from survey.sentences import N_
from survey.themes.double_coding import TONE_PASS_MARK, ToneCheck

STATUSES = {
    "passed": N_("passed"),
    "unsettled": N_("not settled: the interval includes the minimum"),
    "below": N_("below the minimum: tone is withheld"),
    "dropped": N_("fell by ten points or more: tone is withheld"),
}


def tone_section(edition: Edition) -> Iterator[ReportSection]:
    """The net sentiment of each stream, or why there is none."""
    whole = [tone for tone in edition.tones if not tone.theme]
    if not whole:
        return
    yield ReportSection(
        key="tone",
        heading=_("In what tone people wrote"),
        words=(
            _(
                "Tone, or net sentiment, runs from −100 (every text negative) to +100 (every text "
                "positive). A machine reads each text. Two people read some of them again, and we "
                "correct the figures by how far the machine was off."
            ),
            _(
                "Where two people have read too few texts for a number, we give a word if it is "
                "clear: mostly worry, mixed or mostly praise."
            ),
            *changed_words(edition.tone_version),
        ),
        folded=tuple(shift_tables(edition.tone_version)),
        for_statisticians=ForStatisticians(
            (
                _(
                    "Mostly worry and mostly praise are the outer thirds of the scale, mixed is "
                    "the middle one. A word is given where the whole 95% interval lies within one "
                    "of them."
                ),
                *learned_words(edition.tone_version),
            ),
            (stream_table(whole), *check_tables(edition.tone_checks)),
        ),
        measures=measure_links("net_sentiment"),
    )


def learned_words(version: ToneVersion | None) -> Iterator[str]:
    """From how many labels the machine learned tone, if from any."""
    if version is not None and version.labels:
        yield _(
            "The machine learned from {labels} texts, coded by two people, what they call "
            "negative, neutral and positive. When it reads one of these texts, it uses only what "
            "it learned from the others."
        ).format(labels=format_whole(version.labels))


def changed_words(version: ToneVersion | None) -> Iterator[str]:
    """Whether tone is now read differently."""
    if version is not None and version.before_version is not None:
        yield _(
            "Tone is read in another way than in the report before. Figures on tone can differ for "
            "that reason alone."
        )


def shift_tables(version: ToneVersion | None) -> Iterator[ReportTable]:
    if version is None or not version.shifts:
        return
    yield ReportTable(
        caption=_("The same texts, read in both ways"),
        head=(_("Stream"), _("As in the report before"), _("As in this one")),
        rows=tuple(
            (
                ReportCell(_(STREAMS[shift.stream])),
                text_cell("" if shift.before is None else format_signed(shift.before)),
                text_cell("" if shift.after is None else format_signed(shift.after)),
            )
            for shift in version.shifts
        ),
        note=_(
            "The machine's mean of all texts that were read in both ways, from −100 to +100, not "
            "corrected by people's codes."
        ),
    )


def stream_table(whole: list[NetSentiment]) -> ReportTable:
    return ReportTable(
        caption=_("Net sentiment by stream"),
        head=(_("Stream"), _("Net sentiment (95% interval)"), _("Texts coded by two people")),
        rows=tuple(
            (
                ReportCell(stream_name(tone)),
                ReportCell(
                    tone_text(tone),
                    under=_(READ_BY[tone.read_by])
                    if tone.value is not None
                    else tone_sentence(tone),
                ),
                ReportCell(format_whole(tone.labels)),
            )
            for tone in whole
        ),
    )


def stream_name(sentiment: NetSentiment) -> str:
    name = _(STREAMS[sentiment.stream])
    return _("{stream}, each campaign counted once").format(stream=name) if sentiment.once else name


def check_tables(checks: tuple[ToneCheck, ...]) -> Iterator[ReportTable]:
    if not checks:
        return
    yield ReportTable(
        caption=_("How much worry the machine recognises"),
        head=(_("Stream"), _("Share of worry that it reads as worry"), _("Result")),
        rows=tuple(
            (
                ReportCell(_(STREAMS[check.stream])),
                ReportCell(recall_text(check)),
                ReportCell(_(STATUSES[check.status])),
            )
            for check in checks
        ),
        note=_(
            "Of texts that people call negative, the share that the machine reads as negative, "
            "with its 95% interval, in the newest quarter with enough of them. Our minimum is "
            "{minimum}."
        ).format(minimum=f"{TONE_PASS_MARK:.2f}"),
    )


def recall_text(check: ToneCheck) -> str:
    recall = check.recall
    if recall.value is None or recall.low is None or recall.high is None:
        return _("not known")
    limits = format_range(f"{recall.low:.2f}", f"{recall.high:.2f}")
    return _("{recall} ({limits}), quarter from {day}").format(
        recall=f"{recall.value:.2f}", limits=limits, day=format_day(check.quarter)
    )


def tone_rows(edition: Edition, periods: Periods) -> Iterator[ExportRow]:
    """Corrected net sentiment by stream and theme, and the machine's uncorrected one by stream."""
    for tone in edition.tones:
        key = "tone", periods.texts, tone.domain, tone.stream
        about = f": {tone.name}" if tone.theme else ""
        count = f" ({EACH_ONCE})" if tone.once else ""
        limits = tone.value, tone.low, tone.high
        said = tone.words or (f"no number: {tone.missing}" if tone.missing else "")
        read = f"{READ_BY[tone.read_by]}: {tone.method}" if tone.method else ""
        how = "; ".join(filter(None, (read, said)))
        status = "withheld" if tone.value is None else "shown"
        yield *key, f"net sentiment{about}{count}", tone.labels, *limits, how, status
        if tone.machine is not None:
            counted = tone.machine, None, None
            name = f"net sentiment, machine count{count}"
            yield *key, name, None, *counted, READ_BY["machine"], "shown"
    for shift in edition.tone_version.shifts if edition.tone_version else ():
        key = "tone", periods.texts, edition.city, shift.stream
        ways = ("as in the last edition", shift.before), ("as in this one", shift.after)
        for way, value in ways:
            name = f"net sentiment of the same texts, read {way}"
            yield *key, name, None, value, None, None, READ_BY["machine"], "shown"
    for check in edition.tone_checks:
        tones = check.recall
        key = "tone", periods.texts, edition.city, check.stream
        limits = tones.value, tones.low, tones.high
        how = f"{READ_BY['people']}: {check.status}"
        yield *key, "recall of worry", tones.n, *limits, how, "shown"
