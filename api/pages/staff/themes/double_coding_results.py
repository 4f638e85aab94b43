"""What double coding shows: how the machine reads, tone that it learns, and disagreements."""

import datetime
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import msgspec
from babel import Locale
from litestar import Response, get, post
from litestar.params import FromPath, QueryParameter
from litestar.response import Template

from api import locales
from api.locales import format_range, format_share, format_short_day, format_signed, format_whole
from api.pages.forms import Values
from api.pages.staff.themes.double_coding import (
    BASE,
    STREAM_NAMES,
    TONES,
    TYPES,
    add_label_errors,
    label_answers,
    label_choices,
    label_sentences,
    parse_label,
    quarter_name,
    score_text,
)
from api.pages.work import FromPage, StaffPage, StaffRequest
from api.process.installation import import_lock
from survey.problems import Invalid
from survey.store import jobs, places
from survey.store.database import Connection
from survey.store.themes import codebooks, tone_heads
from survey.store.themes import double_coding as store
from survey.store.themes.double_coding import LabelPair
from survey.store.themes.tone_heads import LearnedHead
from survey.surveys.instruments import wording_text
from survey.themes.codebooks import Codebook
from survey.themes.double_coding import (
    FEWEST_LABELS,
    FEWEST_OF_THEME,
    FEWEST_WORRIES,
    PASS_MARK,
    STREAMS,
    THEME_PASS_MARK,
    TONE_PASS_MARK,
    AccuracyEstimate,
    CoderLabel,
    text_already_coded,
)
from survey.themes.tone_heads import (
    CurvePoint,
    LabelCurve,
    ToneReading,
    changed_tone_reading,
    useless_tone_head,
)

ADDRESS = f"{BASE}/tone"
TEXT_ADDRESS = f"{BASE}/texts/{{text:uuid}}"
MOST_NOTE = 500
MOST_OPEN, MOST_DECIDED = 100, 25
NOT_SURE = "Not sure"
# Krippendorff's own marks: below the first no conclusion is drawn, from the second on firm ones.
TENTATIVE, FIRM = 0.67, 0.80
Quarter = Annotated[datetime.date | None, QueryParameter(required=False)]


class GainRow(msgspec.Struct, frozen=True):
    """A line of the table of what a learned tone head improves: a name, its labels, and the recall
    before and after.
    """

    name: str
    labels: int
    before: str
    after: str


class ToneHeadSection(msgspec.Struct, frozen=True, kw_only=True):
    """What the results page says of the newest tone head, and of how tone is read now."""

    reading: ToneReading
    newest: LearnedHead | None
    learned_on: str
    rows: list[GainRow]
    gain: str
    changed: str
    sure: list[str]
    unsure: list[str]
    earns: list[str]
    curve: list[tuple[str, str]]
    is_learning: bool
    is_rereading: bool

    @property
    def in_force(self) -> bool:
        """Whether tone is now read by the newest head."""
        return self.newest is not None and self.reading.head == self.newest.number


async def load_section(connection: Connection) -> ToneHeadSection:
    newest = await tone_heads.find_newest(connection)
    reading = await tone_heads.find_reading(connection)
    waiting = await jobs.load_pending(connection, ["learn_tone", "reread_tones"])
    coming = {job.kind for job in waiting}
    checked: set[str] = set()
    if newest:
        head = await tone_heads.get_head(connection, newest.number)
        checked = {confidence.stream for confidence in head.confidences}
    return ToneHeadSection(
        reading=reading,
        newest=newest,
        learned_on=format_short_day(newest.fitted_at) if newest else "",
        rows=gain_rows(newest) if newest else [],
        gain=points_text(newest.checked.gain) if newest else "",
        changed=format_share(newest.checked.changed) if newest else "",
        sure=[STREAM_NAMES[stream] for stream in STREAMS if stream in checked],
        unsure=[STREAM_NAMES[stream] for stream in STREAMS if stream not in checked],
        earns=label_sentences(newest.curves) if newest else [],
        curve=curve_rows(newest.curves[0]) if newest and newest.curves else [],
        is_learning="learn_tone" in coming,
        is_rereading="reread_tones" in coming,
    )


def gain_rows(newest: LearnedHead) -> list[GainRow]:
    checked = newest.checked
    return [
        GainRow(
            "All texts", checked.after.n, recall_text(checked.before), recall_text(checked.after)
        ),
        *(
            GainRow(
                {**TONES, **STREAM_NAMES}[group.name],
                group.after.n,
                recall_text(group.before),
                recall_text(group.after),
            )
            for group in (*checked.tones, *checked.streams)
        ),
    ]


def curve_rows(whole: LabelCurve) -> list[tuple[str, str]]:
    """The recall of all texts by the number of labels: as shipped, measured, then expected."""
    last = whole.expected[-1]
    return [
        ("As shipped", f"{whole.shipped:.2f}"),
        *((f"{format_whole(point.labels)} labels", point_text(point)) for point in whole.measured),
        (f"{format_whole(last.labels)} labels, expected", point_text(last)),
    ]


def point_text(point: CurvePoint) -> str:
    return f"{point.recall:.2f} ({format_range(f'{point.low:.2f}', f'{point.high:.2f}')})"


def recall_text(estimate: AccuracyEstimate) -> str:
    if estimate.value is None or estimate.low is None or estimate.high is None:
        return "no figure"
    return f"{estimate.value:.2f} ({format_range(f'{estimate.low:.2f}', f'{estimate.high:.2f}')})"


def points_text(gain: AccuracyEstimate) -> str:
    """A difference of recalls in points, with its interval."""
    if gain.value is None or gain.low is None or gain.high is None:
        return "no figure"
    value, low, high = (format_signed(100 * number) for number in (gain.value, gain.low, gain.high))
    return f"{value} points ({low} to {high})"


@post(f"{ADDRESS}/learn")
async def learn_tone(page: FromPage) -> Response[Any]:
    """Ask for a tone head to be learned from the labels as they are now."""
    async with page.write("tone head asked for", "") as connection:
        await jobs.enqueue_unless_waiting(connection, "learn_tone", "asked")
    return page.to(f"{BASE}/results", "learning#tone")


@post(ADDRESS)
async def change_reading(page: FromPage) -> Response[Any]:
    """Change whether tone is read by the newest head or as shipped: from now on, and for the last
    year's texts again.
    """
    with import_lock("api.jobs.texts.second_readings"):
        from api.jobs.texts import second_readings

    after = int(page.form["after"]) if page.form["after"].isdecimal() else -1
    number = int(page.form["head"]) if page.form["head"].isdecimal() else None
    act = "tone head switched on" if number else "tone head switched off"
    newest = await page.load(tone_heads.find_newest)
    if number is not None:
        if newest is None or not newest.checked.beats:
            raise useless_tone_head()
        if newest.number != number:
            raise changed_tone_reading()
    detail = {"labels": newest.labels, "recall": points_text(newest.checked.gain)} if newest else {}
    async with page.write(act, str(after + 1), detail if number else None) as connection:
        await second_readings.switch_tone_head(connection, number, after=after, by=page.person.id)
    return page.to(f"{BASE}/results?done={'head' if number else 'shipped'}#tone")


if TYPE_CHECKING:
    from analysis.statistics.correction import CorrectedMean  # slow to load


class DisagreementSide(msgspec.Struct, frozen=True):
    """One label of a text in words: a coder's, or the resolution."""

    who: str
    tone: str
    themes: list[str]
    comment_type: str


def disagreement_side(who: str, label: CoderLabel, book: Codebook) -> DisagreementSide:
    themes = (
        [NOT_SURE]
        if label.themes is None
        else [wording_text(book.get(t).name) for t in label.themes]
    )
    return DisagreementSide(
        who,
        TONES[label.tone] if label.tone else NOT_SURE,
        sorted(themes) or ["None of these"],
        TYPES[label.comment_type] if label.comment_type else NOT_SURE,
    )


def resolution_side(pair: LabelPair, book: Codebook) -> DisagreementSide | None:
    if pair.resolution is None:
        return None
    return disagreement_side(pair.resolved_by or "", pair.resolution, book)


@get(f"{BASE}/disagreements")
async def list_disagreements(page: FromPage) -> Template:
    rows = await page.load(store.load_disagreements)
    left = [row for row in rows if row.resolution is None]
    decided = [row for row in rows if row.resolution is not None]
    listed = [
        (row, quarter_name(row.quarter), differing_questions(row))
        for row in (*left[:MOST_OPEN], *decided[:MOST_DECIDED])
    ]
    return page.show(
        "double_coding/disagreements", rows=listed, open=len(left), decided=len(decided)
    )


def differing_questions(pair: LabelPair) -> str:
    """Which of the three questions the two coders answered differently."""
    names = {"tone": "tone", "themes": "themes", "comment_type": "kind of comment"}
    return ", ".join(
        words
        for name, words in names.items()
        if getattr(pair.first, name) != getattr(pair.second, name)
    )


@get(TEXT_ADDRESS)
async def show_pair(page: FromPage, text: FromPath[UUID]) -> Template:
    return await pair_page(page, str(text))


async def pair_page(page: StaffRequest, text: str) -> Template:
    """The labels of both coders, and now also the model's."""
    async with page.connection() as connection:
        pair = await store.get_pair(connection, text)
        book = await codebooks.get(connection, pair.codebook)
        machine = await store.find_machine_coding(connection, text, pair.codebook)
    both = ((pair.first_by, pair.first), (pair.second_by, pair.second))
    return page.show(
        "double_coding/pair",
        row=pair,
        sides=[disagreement_side(who, label, book) for who, label in both],
        agreed=pair.first == pair.second,
        third=resolution_side(pair, book),
        machine=machine,
        machine_themes=[
            wording_text(t.name) for t in book.themes if machine and t.id in machine.themes
        ],
        **label_choices(book),
        chosen=page.form.values or agreed_answers(pair),
        note=page.form["note"],
    )


def agreed_answers(pair: LabelPair) -> Values:
    """The answers on which both coders agree, as form values: only the other answers need a
    decision.
    """
    first, second = label_answers(pair.first), label_answers(pair.second)
    return {name: first[name] for name in first if first[name] == second[name]}


@post(TEXT_ADDRESS)
async def resolve_disagreement(page: FromPage, text: FromPath[UUID]) -> Response[Any]:
    """Save a third label, with a reason; it counts from now on."""
    note = page.form["note"]
    try:
        async with page.write("disagreement resolved", str(text)) as connection:
            pair = await store.get_pair(connection, str(text))
            # Where both agree there is nothing to decide: a third label would overrule two people.
            if pair.first == pair.second:
                raise text_already_coded()
            label = parse_label(page.form, await codebooks.get(connection, pair.codebook))
            if not note or len(note) > MOST_NOTE:
                raise bad_resolution_note()
            await store.insert_resolution(connection, str(text), label, note, by=page.person.id)
    except Invalid as refused:
        if refused.code == "resolution.note":
            page.form.add_error("note", refused.sentence)
        else:
            add_label_errors(page.form, refused)
        return await pair_page(page, str(text))
    return page.to(f"{BASE}/disagreements", "resolved")


bad_resolution_note = Invalid.of(
    "resolution.note",
    f"Say in up to {MOST_NOTE} characters why you decided so",
    "Do not write names.",
)


@get(f"{BASE}/results")
async def show_results(page: FromPage, quarter: Quarter = None) -> Template:
    with import_lock("api.jobs.texts.double_coding"):
        from api.jobs.texts import double_coding as job  # slow to load

    async with page.connection() as connection:
        rows = [row for row in await store.load_progress(connection, page.person.id) if row.twice]
        quarters = [row.quarter for row in rows]
        # Quarters in which nothing was coded by two people have no results to show.
        chosen = quarter if quarter in quarters else next(iter(quarters), None)
        areas = (await places.get_city(connection)).local_areas()
        results = await job.quarter_results(connection, chosen, areas) if chosen else None
        tone = await load_section(connection)
        apart = [row for row in await store.load_disagreements(connection) if row.quarter == chosen]
    return page.show(
        "double_coding/results",
        results=results,
        chosen=chosen,
        named=quarter_name(chosen) if chosen else "",
        row=next((row for row in rows if row.quarter == chosen), None),
        open=sum(row.resolution is None for row in apart),
        scored=score_text,
        agreed=agreement_text,
        share=share_text,
        signed=locales.format_signed,
        language_name=language_name,
        tone=tone,
        percent=locales.format_share,
        quarter_name=quarter_name,
        mark=PASS_MARK,
        fewest=FEWEST_LABELS,
        tone_mark=TONE_PASS_MARK,
        fewest_worries=FEWEST_WORRIES,
        theme_mark=THEME_PASS_MARK,
        fewest_of_theme=FEWEST_OF_THEME,
    )


def agreement_text(alpha: AccuracyEstimate) -> str:
    """An α with its interval, and what the whole interval says."""
    return f"{score_text(alpha)}: {agreement_word(alpha.low, alpha.high)}"


def agreement_word(low: float | None, high: float | None) -> str:
    """How well people agreed, by the whole interval of their α and never by the figure alone."""
    if low is None or high is None:
        return "too few to say"
    if low <= 0:
        return "less than chance" if high < 0 else "could be chance"
    if low < TENTATIVE:
        return "weak" if high < TENTATIVE else "not settled"
    return "good" if low >= FIRM else "fair"


def language_name(code: str) -> str:
    return str(Locale("en").languages.get(code.partition("-")[0], code))


def share_text(mean: "CorrectedMean") -> str:
    limits = locales.format_share_limits(mean.low, mean.high)
    return f"{locales.format_share(mean.value)} ({limits})"


PAGES = [
    StaffPage([learn_tone, change_reading], linked_from=f"{BASE}/results"),
    StaffPage(
        [list_disagreements, show_pair, resolve_disagreement, show_results],
        linked_from="/work/double-coding",
    ),
]
