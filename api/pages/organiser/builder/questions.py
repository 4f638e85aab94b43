"""One question of a draft: its texts in every language, its limits and its condition."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Annotated, Any, cast

import anyio.to_thread
import msgspec
from litestar import Response, get, post
from litestar.params import PathParameter
from litestar.response import Template

from api.dependencies import Slug
from api.pages.forms import Errors, Form
from api.pages.organiser.builder import sentences
from api.pages.organiser.builder.drafts import BASE, load_survey_draft
from api.pages.work import FromPage, StaffPage, StaffRequest
from survey.formats.expressions import logic as expressions
from survey.formats.languages import ENGLISH_NAMES
from survey.problems import Problem
from survey.store import surveys
from survey.store.surveys import instruments
from survey.surveys.instruments import (
    PART_TYPES,
    AnyPart,
    Grid,
    GridRow,
    Instrument,
    InstrumentPart,
    Item,
    Option,
    OptionsItem,
    Wording,
    quoted_question,
)
from survey.surveys.instruments import drafts as acts
from survey.surveys.instruments.drafts import InstrumentDraft, free_name, name_from_words
from survey.surveys.instruments.options import (
    add_other,
    find_other,
    may_have_other,
    name_options,
    remove_other,
)
from survey.surveys.item_types import LikertItem
from survey.surveys.item_types.answers import NewQuestion
from survey.surveys.refusals import bad_instrument

# The types of question an organiser can add, in the order of the list.
QUESTION_TYPES: dict[str, type[InstrumentPart]] = {
    tag: kind for tag, kind in PART_TYPES.items() if kind.builder_label
}
# What the form has for every question; the fields of one type are declared by the type.
WORDING_FIELDS = ("text", "short", "hint", "constraint_message", "required_message")
PLAIN_FIELDS = ("constraint", "required_when", "default", "filter")
TICK_FIELDS = ("required", "may_decline")
MOST_LIMIT = 1e12  # as in surveys that other programs wrote
QuestionName = Annotated[str, PathParameter(pattern=r"^[A-Za-z_][\w.-]{0,59}$")]
ADVANCED_FIELDS = (
    "relevant", "constraint", "required_when", "default", "filter", "most_pixels", "name",
)  # fmt: skip
WHO_READS = (
    "You and the working group read what people write here, once a program has hidden names and "
    "phone numbers. It is not in your exports. Residents see this before they answer. To count "
    "answers, offer a list to choose from."
)


def new_part(draft: InstrumentDraft, kind: str, words: str, answers: Sequence[str] = ()) -> AnyPart:
    """A new question of a type, with its first words and, if it has options, its answers."""
    languages, name = draft.all_languages(), free_name(draft, words)
    made = QUESTION_TYPES[kind]
    language = languages[0]
    options: dict[str, Option] = {}
    for answer in answers:
        short = name_from_words(answer, options, "answer")
        options[short] = Option(short, {language: answer})
    new = NewQuestion(
        languages=tuple(languages),
        options=tuple(options.values()),
        row_name=lambda: free_name(draft, words, [name]),
    )
    fields: dict[str, Any] = {"name": name, "text": {languages[0]: words}}
    fields |= made.starting_fields(new)
    return cast(AnyPart, made(**fields))


def parse_question(draft: InstrumentDraft, part: AnyPart, form: Form) -> AnyPart:
    """The question as the form now describes it; each fault that is found becomes an error of the
    form.
    """
    languages = draft.all_languages()
    numbers = parse_limits(part, form)
    names: dict[str, list[str]] = {"words": [], "line": [], "tick": []}
    for asked in part.builder_fields:
        names.setdefault(asked.shape, []).append(asked.name)
    fields: dict[str, Any] = {
        field: parse_wording(form, field, languages) for field in (*WORDING_FIELDS, *names["words"])
    }
    fields |= {field: form[field] for field in (*PLAIN_FIELDS, *names["line"])}
    fields |= {field: form[field] == "yes" for field in (*TICK_FIELDS, *names["tick"])}
    fields |= numbers | parse_lists(draft, part, form, languages)
    fields["name"] = form["name"] or part.name
    fields["relevant"], _, unclear = sentences.parse_condition(
        form, part.relevant, sentences.offers_before(draft, part.name)
    )
    form.errors += unclear
    needed = isinstance(part, Item) and part.is_shown
    form.require(fields["text"] or not needed, f"text-{languages[0]}", "Enter the question")
    if form.errors:
        return part
    # Every type is read with all fields; those that it does not have are left out here.
    fields = {field: value for field, value in fields.items() if hasattr(part, field)}
    # The question converted once more, so that a value of a wrong type is refused.
    changed = msgspec.structs.replace(part, **fields)
    try:
        # Replacing fields of a Struct checks no types, so a wrong one would reach the database.
        question: AnyPart = msgspec.convert(msgspec.to_builtins(changed), AnyPart)
    except msgspec.ValidationError as wrong:
        field = str(wrong).rpartition("$.")[2].strip("`")
        form.add_error(field, "Enter a whole number")
        return changed
    return question


def parse_limits(part: AnyPart, form: Form) -> dict[str, Any]:
    """The limits of a question; a field that is not a number gets an error in the form.

    Where a field is left empty, the usual limit of the question's type holds, or none.
    """
    limits: dict[str, Any] = {}
    for field in part.builder_fields:
        if field.shape in NUMBER_READERS:
            try:
                read = NUMBER_READERS[field.shape](form[field.name], getattr(part, field.name))
                limits[field.name] = field.usual if read is None else read
            except ValueError:
                form.add_error(field.name, f"Enter {field.wrong}")
    return limits


def parse_lists(
    draft: InstrumentDraft, part: AnyPart, form: Form, languages: list[str]
) -> dict[str, Any]:
    """The options, labels and rows of a question, read from the lines of the form."""
    lists: dict[str, Any] = {}
    if isinstance(part, OptionsItem):
        lists["options"] = parse_options(part.options, form, languages)
    if isinstance(part, LikertItem):
        lists["labels"] = tuple(parse_wording(form, f"label-{n}", languages) for n in range(1, 6))
    if isinstance(part, Grid):
        lists["rows"] = parse_rows(draft, part, form, languages)
    return lists


def parse_wording(form: Form, field: str, languages: Iterable[str]) -> Wording:
    wording = {code: form[f"{field}-{code}"] for code in languages}
    return {code: text for code, text in wording.items() if text}


def parse_optional_whole(text: str, _: object) -> int | None:
    if not text.strip():
        return None
    parse_number(text, None)
    return int(text)


def parse_number(text: str, usual: Any) -> float:
    """The number that was typed, whole if it has no fraction; raises ValueError if it is none.

    `float` reads "inf" and "nan" too, which JSON has no words for: a draft with one could not be
    read again.
    """
    number = float(text.replace(",", ".")) if text.strip() else usual
    if not abs(number) <= MOST_LIMIT:
        raise ValueError(f"{text[:40]!r} is not a number that a survey can have")
    return int(number) if float(number).is_integer() else number


def parse_limit(text: str, _: object) -> float | None:
    return parse_number(text, None) if text.strip() else None


NUMBER_READERS: dict[str, Callable[[str, Any], Any]] = {
    "limit": parse_limit,
    "number": parse_number,
    "whole": parse_optional_whole,
}


def parse_options(
    options: Iterable[Option], form: Form, languages: list[str]
) -> tuple[Option, ...]:
    """The options as typed, one per line; an empty line removes its option."""
    known = {option.name: option for option in options}
    typed_options: dict[str, Option] = {}
    for number in range(1, 201):
        text = parse_wording(form, f"option-{number}", languages)
        if not text:
            continue
        # It comes in a hidden field, so that a reworded answer is still the same answer.
        name = form[f"option-{number}-name"]
        if name not in known:
            # Not a name that was just removed: its old answers would count as the new one.
            name = name_from_words(next(iter(text.values())), {*known, *typed_options}, "answer")
        base = known.get(name) or Option(name, {})
        typed_options[name] = msgspec.structs.replace(base, text=text)
    return tuple(typed_options.values())


def parse_rows(
    draft: InstrumentDraft, grid: Grid, form: Form, languages: list[str]
) -> tuple[GridRow, ...]:
    known = {row.name: row for row in grid.rows}
    rows: dict[str, GridRow] = {}
    for number in range(1, 101):
        text = parse_wording(form, f"row-{number}", languages)
        if not text:
            continue
        name = form[f"row-{number}-name"]
        if name not in known:
            # Free in the whole survey, because rows are stored under their names as questions are.
            name = free_name(draft, next(iter(text.values())), {*known, *rows})
        rows[name] = GridRow(name, text, form[f"row-{number}-reverse"] == "yes")
    return tuple(rows.values())


@get(BASE + "/{slug:str}/questions/{name:str}")
async def show_question(page: FromPage, slug: Slug, name: QuestionName) -> Template:
    async with page.connection() as connection:
        draft = await load_survey_draft(connection, page.person, slug)
        live = await instruments.load_history(connection, slug)
    return question_page(page, draft, live, name)


def question_page(
    page: StaffRequest, draft: InstrumentDraft, live: list[Instrument], name: str
) -> Template:
    """The form of a question; what was typed takes precedence over what is saved."""
    part = draft.find(name)
    offers = sentences.offers_before(draft, name)
    # What was typed is shown again even where it is not a condition yet.
    chosen = (
        sentences.parse_condition(page.form, part.relevant, offers)[1] if page.form.values else None
    )
    chosen = chosen or sentences.chosen_conditions(
        part.relevant, sentences.sentences_by_claim(offers)
    )
    return page.show(
        "surveys/question",
        draft=draft,
        part=part,
        name=name,
        live=live[-1] if live else None,
        languages_of=[(code, ENGLISH_NAMES.get(code, code)) for code in draft.all_languages()],
        offers=offers,
        chosen=chosen,
        has_other=may_have_other(part) and find_other(draft, part) is not None,
        who_reads=WHO_READS,
        advanced_open=is_advanced_open(part, chosen, page.form.errors),
    )


def is_advanced_open(part: AnyPart, chosen: sentences.ChosenConditions, errors: Errors) -> bool:
    """Whether something under Advanced is in use or wrong, so that it is shown open."""
    used = chosen.written or bool(getattr(part, "constraint", ""))
    return used or any(field in ADVANCED_FIELDS for field, _ in errors)


@post(BASE + "/{slug:str}/questions/{name:str}")
async def submit_question(page: FromPage, slug: Slug, name: QuestionName) -> Response[Any]:
    async with page.connection() as connection:
        draft = await load_survey_draft(connection, page.person, slug)
        live = await instruments.load_history(connection, slug)
    before = draft.find(name)
    part = parse_question(draft, before, page.form)
    part = name_options(draft, before, part, live[-1] if live else None)
    if not page.form.errors:
        try:
            await save_question(page, slug, name, part)
        except Problem as refused:
            page.form.errors += sentences.form_errors(refused, draft.instrument)
    if page.form.errors:
        return question_page(page, draft, live, name)
    if page.form["then"] == "more":
        return page.to(f"{BASE}/{slug}/questions/{part.name}", "kept")
    return page.to(f"{BASE}/{slug}#part-{part.name}")


async def save_question(page: StaffRequest, slug: str, name: str, part: AnyPart) -> None:
    """Save an edited question, if its rules can be read."""
    async with page.connection() as connection, connection.transaction():
        draft = await load_survey_draft(connection, page.person, slug, page.form)
        # Before the question is replaced: the removed options are only in the old one.
        for option, into in parse_merged_options(draft.find(name), page.form):
            draft = acts.merge_options(draft, name, option, into)
        draft = draft_with_other(
            acts.replace_part(draft, name, part), part, wanted=page.form["other"] == "yes"
        )
        # In a thread: rules are tried out. Before saving: none is stored that cannot be read.
        await anyio.to_thread.run_sync(check_rules, draft, part)
        await surveys.save_draft(connection, draft, act=f"Changed {quoted_question(part)}")


def draft_with_other(draft: InstrumentDraft, part: AnyPart, *, wanted: bool) -> InstrumentDraft:
    """The draft with or without “Other, please say” on a choice, as its box was ticked."""
    if not may_have_other(part):
        return draft
    if wanted:
        return add_other(draft, part)
    return remove_other(draft, part) if find_other(draft, part) else draft


def parse_merged_options(part: AnyPart, form: Form) -> Iterator[tuple[str, str]]:
    """Each option that is removed, with the remaining option that its answers will count as."""
    for number in range(1, 201):
        name, into = form[f"option-{number}-name"], form[f"option-{number}-into"]
        options = getattr(part, "options", ())
        if name and into and name != into and into in {option.name for option in options}:
            yield name, into


def check_rules(draft: InstrumentDraft, part: AnyPart) -> None:
    """Raise for a rule that cannot be read, while the person who wrote it is still at the page."""
    sentences.check_known_names(draft, part)
    if expressions.needs_evaluation(draft.instrument):
        faults = [
            fault
            for fault in expressions.faults_of_expressions(draft.instrument)
            # Faults of other questions do not stop this one: publishing lists them.
            if fault.where.partition(":")[0] == part.name
        ]
        if faults:
            raise bad_instrument(tuple(faults))


PAGES = [
    StaffPage([show_question, submit_question], linked_from="/work/builder/{slug:str}"),
]
