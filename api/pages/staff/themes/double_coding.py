"""Double coding: two reviewers code the same texts, blind to each other and to the machine."""

import datetime
import math
import secrets
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, get_args
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect, Template

from api import clock, locales
from api.pages.forms import Form, Values
from api.pages.staff.themes.codebook_draft import DRAFT_ADDRESS
from api.pages.work import FromPage, StaffPage, StaffRequest
from api.process.installation import import_lock
from survey.deployments import quarter_after, quarter_of
from survey.problems import Conflict, Invalid
from survey.store.database import Connection
from survey.store.themes import codebooks, tone_heads
from survey.store.themes import double_coding as store
from survey.surveys.instruments import wording_text
from survey.themes import double_coding as nouns
from survey.themes.codebooks import Codebook, CommentType, Theme
from survey.themes.tone_heads import LabelCurve

if TYPE_CHECKING:
    from analysis.themes.double_coding import StreamLabels  # slow to load

BASE = "/work/double-coding"
NEXT_ADDRESS = f"{BASE}/next"
TEXT_ADDRESS = f"{BASE}/code/{{text:uuid}}"
DONE_WORDS = ("kept", "changed", "taken")
TONES = {"negative": "Negative", "neutral": "Neutral, or both", "positive": "Positive"}
TYPES = {kind: kind.capitalize() for kind in get_args(CommentType)}
FIELDS = {"label.contradictory": "themes", "label.theme": "themes"}
QUESTION_ERRORS = {
    "tone": "Select the tone, or that you are not sure",
    "themes": "Select the themes, none of these, or that you are not sure",
    "comment_type": "Select the type of comment, or that you are not sure",
}
STREAM_NAMES = {
    "sampled": "Residents we asked",
    "open": "People who wrote in",
    "complaints": "People who complained",
}
VERDICTS = {
    "passed": "This is good enough, and sure.",
    "below": "This is surely below, so reports withhold it.",
    "dropped": "It fell by ten points or more, so reports withhold it.",
}
# N and U are for none of the themes, and for not being sure. Further themes have no key.
THEME_KEYS = "abcdefghijklmopqrstvwxyz"
MOST_OF_THEME = 5


async def double_coding_page(page: FromPage) -> Template:
    async with page.connection() as connection:
        rows = await store.load_progress(connection, page.person.id)
        undrawn = await store.load_quarters_to_draw(connection, quarter_of(clock.today()))
        apart = await store.load_disagreements(connection)
        coders = await store.count_by_coder(connection, rows[0].quarter) if rows else []
        worth = await load_label_worth(connection) if any(row.twice for row in rows) else []
    return page.show(
        "double_coding/double_coding",
        rows=[(quarter_name(row.quarter), row) for row in rows],
        left=sum(row.left_to_me for row in rows),
        twice=sum(row.twice for row in rows),
        open=sum(row.resolution is None for row in apart),
        coders=coders,
        worth=worth,
        undrawn=[(str(quarter), quarter_name(quarter)) for quarter in undrawn],
        size=nouns.SAMPLE_SIZE,
        teaching=nouns.TEACHING_SIZE,
    )


async def load_label_worth(connection: Connection) -> list[str]:
    """What the labels show so far, and what more labels would, in sentences."""
    with import_lock("api.jobs.texts.double_coding"):
        from api.jobs.texts import double_coding as job  # slow to load

    streams = await job.judge_streams(connection)
    return [
        *label_sentences(await tone_heads.load_curves(connection)),
        *(words for stream in streams for words in worth_sentences(stream)),
    ]


def quarter_name(start: datetime.date) -> str:
    last = quarter_after(start) - datetime.timedelta(days=1)
    return f"{locales.format_day(start)} to {locales.format_day(last)}"


def label_sentences(curves: Sequence[LabelCurve]) -> list[str]:
    """What more labels would improve: a sentence for all texts, then one for each stream; [] before
    a tone head was learned.

    Each sentence aims at the next 0.05 above the recall that the curve gives for today's labels.
    """
    return [label_sentence(curve) for curve in curves]


def label_sentence(curve: LabelCurve) -> str:
    about = STREAM_NAMES.get(curve.stream, "all texts").lower()
    today = next(point.recall for point in curve.expected if point.labels == curve.labels)
    aim = (math.floor(20 * today) + 1) / 20
    more = curve.more_labels(aim)
    if more.likely is None:
        most = curve.expected[-1]
        limits = locales.format_range(f"{most.low:.2f}", f"{most.high:.2f}")
        return (
            f"With twice the labels, {about} would be read with a recall of about "
            f"{most.recall:.2f} ({limits})."
        )
    soonest = locales.format_whole(more.soonest or 0)
    # None is more than the curve reaches, which is beyond what is likely.
    latest = locales.format_whole(more.latest) if more.latest else "many more"
    return (
        f"About {text_count(more.likely)} ({soonest} to {latest}) would bring the tone of {about} "
        f"to a recall of {aim:.2f}."
    )


def worth_sentences(labels: "StreamLabels") -> Iterator[str]:
    """Sentences on what is known of a stream, and what its next labels would improve."""
    name = STREAM_NAMES[labels.stream].lower()
    if labels.wanted:
        yield (
            f"{text_count(labels.wanted)} would bring themes of {name} to the "
            f"{nouns.FEWEST_LABELS} labels that corrected figures and a check need."
        )
    if labels.themes is not None:
        score, least = score_text(labels.themes.f1), f"{nouns.PASS_MARK:.2f}"
        sentence = f"Themes of {name}: F1 {score}, our minimum is {least}."
        yield f"{sentence} {verdict(labels.themes.status, labels.themes_more)}"
    if labels.tone is not None:
        sentence = (
            f"Tone of {name}: the machine recognises {score_text(labels.tone.recall)} of the "
            f"worry, our minimum is {nouns.TONE_PASS_MARK:.2f}."
        )
        yield f"{sentence} {verdict(labels.tone.status, labels.tone_more)}"


def verdict(status: nouns.ReadingStatus, more: int | None) -> str:
    if status in VERDICTS:
        return VERDICTS[status]
    if more is None:
        return "It is so close to the minimum that no number of texts in sight would settle it."
    return f"About {text_count(more)} of this stream would settle whether this is good enough."


def text_count(number: int) -> str:
    return "1 more text" if number == 1 else f"{locales.format_whole(number)} more texts"


def score_text(estimate: nouns.AccuracyEstimate) -> str:
    """A score between 0 and 1 with its interval."""
    if estimate.value is None:
        return "no figure"
    if estimate.low is None or estimate.high is None:
        return f"{estimate.value:.2f}"
    limits = locales.format_range(f"{estimate.low:.2f}", f"{estimate.high:.2f}")
    return f"{estimate.value:.2f} ({limits})"


@post(BASE)
async def draw_sample(page: FromPage) -> Response[Any]:
    """Draw the sample of a quarter that is over and has none."""
    chosen = page.form["quarter"]
    undrawn = await page.load(store.load_quarters_to_draw, quarter_of(clock.today()))
    quarter = next((past_quarter for past_quarter in undrawn if str(past_quarter) == chosen), None)
    if quarter is None:
        page.form.add_error("quarter", "Choose a quarter that has no sample yet")
        return await double_coding_page(page)
    with import_lock("api.jobs.texts.double_coding"):
        from api.jobs.texts import double_coding as job  # slow to load, needed once a quarter

    async with page.write("double coding drawn", chosen) as connection:
        # A seed that nobody chooses: the sample must not be drawn until it suits.
        await job.draw_sample(connection, quarter, seed=secrets.randbits(62))
    return page.to(BASE, "drawn")


@get(NEXT_ADDRESS)
async def show_next_text(page: FromPage) -> Redirect:
    """Go to this person's next text.

    Each text has its own address, so that the browser's Back button leads to the previous text.
    """
    text = await page.load(store.find_next_text, page.person.id)
    if text is None:
        return page.to(BASE, "finished")
    done = page.done_word
    said = f"?done={done}" if done in DONE_WORDS else ""
    return page.to(f"{BASE}/code/{text.text}{said}")


@get(TEXT_ADDRESS)
async def show_text(page: FromPage, text: FromPath[UUID]) -> Response[Any]:
    return await coding_page(page, str(text))


async def coding_page(page: StaffRequest, ident: str) -> Response[Any]:
    """A text to code: its words without personal data and the codebook, and nothing else."""
    async with page.connection() as connection:
        text = await store.get_text_to_label(connection, ident, page.person.id)
        if text.seats >= nouns.CODERS:
            return page.to(NEXT_ADDRESS, "taken")
        # Of the sample and not the newest: model and people are compared on the same themes.
        book = await codebooks.get(connection, text.codebook)
        rows = await store.load_progress(connection, page.person.id)
        last = await store.find_last_label(connection, page.person.id)
    row = next(row for row in rows if row.quarter == text.quarter)
    return page.show(
        "double_coding/text",
        text=text,
        **label_choices(book),
        number=row.mine + 1,
        total=row.mine + row.left_to_me,
        last=last if last != text.text else None,
        chosen=page.form.values or label_answers(text.mine),
    )


def label_answers(label: nouns.CoderLabel | None) -> Values:
    """A label as the values of its form; no values if there is no label yet."""
    if label is None:
        return {}
    return {
        "tone": [label.tone or "unknown"],
        "themes": ["unknown"] if label.themes is None else [*label.themes] or ["none"],
        "comment_type": [label.comment_type or "unknown"],
    }


def label_choices(book: Codebook) -> dict[str, Any]:
    """What can be chosen for a text, with the key to press: digits for tone and type, letters for
    themes.
    """
    themes = themes_by_name(book)
    return {
        "tones": TONES,
        "themes": themes,
        "types": TYPES,
        "keys": {
            "tone": key_of_each([*TONES, "unknown"], "1234"),
            "themes": key_of_each([theme.id for _, theme in themes], THEME_KEYS)
            | {"none": "n", "unknown": "u"},
            "comment_type": key_of_each([*TYPES, "unknown"], "567890"),
        },
    }


def key_of_each(values: Sequence[str], keys: str) -> dict[str, str]:
    return dict(zip(values, keys, strict=False))


def themes_by_name(book: Codebook) -> list[tuple[str, Theme]]:
    """Themes in the order of their names, which gives no hint about the text."""
    return sorted((wording_text(theme.name), theme) for theme in book.themes)


@post(TEXT_ADDRESS)
async def save_label(page: FromPage, text: FromPath[UUID]) -> Response[Any]:
    """Save a reviewer's label, replacing an earlier label; the audit says that they coded the text,
    but not how.
    """
    ident = str(text)
    try:
        async with page.write("text coded blind", ident) as connection:
            blind_text = await store.get_text_to_label(connection, ident, page.person.id)
            label = parse_label(page.form, await codebooks.get(connection, blind_text.codebook))
            await store.delete_own_label(connection, ident, by=page.person.id)
            await store.insert_label(connection, ident, label, by=page.person.id)
    except Invalid as refused:
        add_label_errors(page.form, refused)
        return await coding_page(page, ident)
    except Conflict:
        # Two others were faster, or the other has coded it since: the next text is shown.
        return page.to(NEXT_ADDRESS, "taken")
    done = "changed" if blind_text.mine else "kept"
    return page.to(NEXT_ADDRESS, done)


def parse_label(form: Form, book: Codebook) -> nouns.CoderLabel:
    return nouns.parse_label(
        form["tone"], form.all("themes"), form["comment_type"], known=book.ids()
    )


def add_label_errors(form: Form, refused: Invalid) -> None:
    """Add an error for each unanswered question, else for the refused answer."""
    for name, words in QUESTION_ERRORS.items():
        form.require(any(form.all(name)), name, words)
    if not form.errors:
        form.add_error(FIELDS.get(refused.code, "tone"), refused.sentence)


@get(f"{BASE}/examples")
async def show_examples_to_teach(page: FromPage) -> Template:
    with import_lock("api.jobs.texts.double_coding"):
        from api.jobs.texts import double_coding as job  # slow to load

    async with page.connection() as connection:
        draft = await codebooks.find_draft(connection)
        book = draft.book if draft else await codebooks.get_newest(connection)
        misread_texts = await job.find_misread_texts(connection, book)
    return page.show(
        "double_coding/examples",
        draft=draft,
        address=DRAFT_ADDRESS,
        missed=texts_by_theme(book, misread_texts.missed),
        mistaken=texts_by_theme(book, misread_texts.mistaken),
    )


def texts_by_theme(
    book: Codebook, texts: Mapping[str, list[tuple[str, str]]]
) -> list[tuple[Theme, list[tuple[str, str]]]]:
    """A few texts of each theme that has texts, in the order of the codebook."""
    return [
        (theme, texts[theme.id][:MOST_OF_THEME]) for theme in book.themes if texts.get(theme.id)
    ]


PAGES = [
    StaffPage(
        [get(BASE)(double_coding_page), draw_sample, show_next_text, show_text, save_label],
        menu="Double coding",
        place=90,
    ),
    StaffPage([show_examples_to_teach], linked_from="/work/double-coding/results"),
]
