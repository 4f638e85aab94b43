"""Results of double coding: disagreements between coders, and the accuracy of the model."""

import datetime
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import msgspec
from babel import Locale
from litestar import Response, get, post
from litestar.params import FromPath, QueryParameter
from litestar.response import Template

from api import formatting
from api.pages.forms import Form, Values
from api.pages.registry import StaffPage
from api.pages.staff.texts import tone_head
from api.pages.staff.texts.double_coding import (
    BASE,
    TONES,
    TYPES,
    add_label_errors,
    label_answers,
    label_choices,
    parse_label,
    quarter_name,
    score_text,
)
from api.pages.work import FromPage, StaffRequest, format_moment
from api.process.installation import import_lock
from survey.problems import Invalid
from survey.store import places
from survey.store.coding import codebooks
from survey.store.coding import double_coding as store
from survey.store.coding.double_coding import LabelPair
from survey.surveys.instruments import wording_text
from survey.themes.codebooks import Codebook
from survey.themes.double_coding import (
    FEWEST_LABELS,
    FEWEST_OF_THEME,
    FEWEST_WORRIES,
    PASS_MARK,
    THEME_PASS_MARK,
    TONE_PASS_MARK,
    CoderLabel,
    text_already_coded,
)

if TYPE_CHECKING:
    from analysis.statistics.correction import CorrectedMean  # slow to load

TEXT_ADDRESS = f"{BASE}/texts/{{text:uuid}}"
MOST_NOTE = 500
MOST_OPEN, MOST_DECIDED = 100, 25
NOT_SURE = "Not sure"
Quarter = Annotated[datetime.date | None, QueryParameter(required=False)]


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
        resolved=format_moment(pair.resolved_at) if pair.resolved_at else "",
        machine=machine,
        machine_themes=[
            wording_text(t.name) for t in book.themes if machine and t.id in machine.themes
        ],
        **label_choices(book),
        chosen=page.form.values or agreed_answers(pair),
        note=page.form["note"],
    )


def agreed_answers(pair: LabelPair) -> Values:
    """The answers on which both coders agree, as form values: only the rest is to be decided."""
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
            check_note(note)
            await store.insert_resolution(connection, str(text), label, note, by=page.person.id)
    except Invalid as refused:
        add_resolution_errors(page.form, refused)
        return await pair_page(page, str(text))
    return page.to(f"{BASE}/disagreements", "resolved")


def check_note(note: str) -> None:
    if not note or len(note) > MOST_NOTE:
        raise bad_resolution_note()


bad_resolution_note = Invalid.of(
    "resolution.note",
    f"Say in up to {MOST_NOTE} characters why you decided so",
    "Do not write names.",
)


def add_resolution_errors(form: Form, refused: Invalid) -> None:
    if refused.code == "resolution.note":
        form.add_error("note", refused.sentence)
    else:
        add_label_errors(form, refused)


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
        found = await job.quarter_results(connection, chosen, areas) if chosen else None
        tone = await tone_head.load_section(connection)
        apart = [row for row in await store.load_disagreements(connection) if row.quarter == chosen]
    return page.show(
        "double_coding/results",
        found=found,
        chosen=chosen,
        named=quarter_name(chosen) if chosen else "",
        row=next((row for row in rows if row.quarter == chosen), None),
        open=sum(row.resolution is None for row in apart),
        scored=score_text,
        share=share_text,
        signed=formatting.format_signed,
        language_name=language_name,
        tone=tone,
        percent=formatting.format_share,
        quarter_name=quarter_name,
        mark=PASS_MARK,
        fewest=FEWEST_LABELS,
        tone_mark=TONE_PASS_MARK,
        fewest_worries=FEWEST_WORRIES,
        theme_mark=THEME_PASS_MARK,
        fewest_of_theme=FEWEST_OF_THEME,
    )


def language_name(code: str) -> str:
    return str(Locale("en").languages.get(code.partition("-")[0], code))


def share_text(one: "CorrectedMean") -> str:
    limits = formatting.format_share_limits(one.low, one.high)
    return f"{formatting.format_share(one.value)} ({limits})"


PAGES = [
    StaffPage(
        [list_disagreements, show_pair, resolve_disagreement, show_results],
        linked_from="/work/double-coding",
    )
]
