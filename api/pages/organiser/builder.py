"""The builder: a survey as a list of questions that an organiser adds to, orders and takes from."""

from collections.abc import Iterator
from typing import Annotated, Any

from litestar import Response, get, post
from litestar.params import PathParameter
from litestar.response import Redirect, Template

from api import importing
from api.pages.organiser import opening, surveys
from api.pages.organiser.opening import BASE, open_draft, organisers
from api.pages.organiser.parts import KINDS, edited, new_part
from api.pages.templating import AnyRequest, kind
from api.pages.work import acting, day_in, day_typed, done, page, typed
from api.paper.conditions import in_words
from api.paper.laying import numbers_of
from api.people import Person
from api.wiring import FromDatabase, FromPerson, Slug
from survey.formats import expressions
from survey.formats.languages import NAMES
from survey.instruments import (
    AnyPart,
    Choice,
    Choices,
    Harmony,
    Instrument,
    check,
    every,
    faults_of_map,
    said,
)
from survey.instruments import drafts as acts
from survey.instruments.drafts import Draft, with_items
from survey.problems import Fault, NotFound, Problem, bad_instrument
from survey.store import instrument_drafts, instruments
from survey.store.database import Connection, Database

Condition = tuple[str, str]
QuestionName = Annotated[str, PathParameter(pattern=r"^[A-Za-z_][\w.-]{0,59}$")]


@get(BASE + "/{slug:str}", guards=organisers, include_in_schema=False)
async def build(
    request: AnyRequest, database: FromDatabase, person: FromPerson, slug: Slug
) -> Template:
    return await builder_page(database, person, slug, done=done(request))


async def builder_page(database: Database, person: Person, slug: str, **context: Any) -> Template:
    async with database.connection() as connection:
        draft = await open_draft(connection, person, slug)
        live = await instruments.chain(connection, slug)
    told = numbers_of(draft.instrument, draft.spoken()[0])
    return page(
        "survey_draft",
        person,
        draft=draft,
        live=live[-1] if live else None,
        numbers={name: known.number for name, known in told.questions.items()},
        kinds=KINDS,
        blocks=opening.blocks(),
        warnings=worded(draft, acts.warnings(draft)),
        conditions={
            part.name: in_words(part.relevant, told) for part in parts_of(draft) if part.relevant
        },
        **context,
    )


def parts_of(draft: Draft) -> list[AnyPart]:
    return list(every(draft.instrument.items))


def worded(draft: Draft, faults: list[Fault]) -> list[tuple[str, str]]:
    """Warnings with the words of the question instead of its name."""
    found: dict[tuple[str, str], None] = {}
    words = {part.name: said(part.text) or part.name for part in parts_of(draft)}
    for fault in faults:
        name, _, _ = fault.where.partition(".")
        sentence = fault.sentence
        for code, language in NAMES.items():
            sentence = sentence.replace(f"no words in {code}", f"not everything in {language}")
        found[words.get(name, name), sentence] = None
    return list(found)


def asked_before(instrument: Instrument, name: str) -> Iterator[tuple[str, list[Condition]]]:
    """For each question asked earlier, the conditions that its answers can make."""
    for part in every(instrument.items):
        if part.name == name:
            return
        if isinstance(part, Choice | Choices):
            words = said(part.text)
            chosen = "selected(${%s}, '%s')" if isinstance(part, Choices) else "${%s} = '%s'"
            yield (
                words,
                [
                    (chosen % (part.name, option.name), f"“{words}” is “{said(option.text)}”")
                    for option in part.options
                ]
                + [(f"${{{part.name}}} != ''", f"“{words}” was answered")],
            )


@post(BASE + "/{slug:str}/act", guards=organisers, include_in_schema=False)
async def act(
    request: AnyRequest, database: FromDatabase, person: FromPerson, slug: Slug
) -> Response[Any]:
    """One act on the list; what is refused changes nothing and is said on the page."""
    form = await typed(request)
    try:
        async with database.connection() as connection, connection.transaction():
            draft = await open_draft(connection, person, slug, form)
            wanted, anchor = acted(draft, form)
            if wanted is not draft:
                await instrument_drafts.save(connection, wanted)
    except Problem as refused:
        return await builder_page(
            database,
            person,
            slug,
            status=refused.status,
            refused=refused,
            errors=[(FIELDS.get(form.get("act", ""), ""), f"{refused.sentence} {refused.remedy}")],
            typed=form,
        )
    if form.get("act") == "add":
        return Redirect(f"{BASE}/{slug}/questions/{anchor}?done=added", status_code=303)
    return Redirect(f"{BASE}/{slug}{'#part-' + anchor if anchor else ''}", status_code=303)


FIELDS = {"add": "words", "block": "block"}


def acted(draft: Draft, form: dict[str, str]) -> tuple[Draft, str]:
    """The draft after an act, and the part that the page should show."""
    name, wanted = form.get("name", ""), form.get("act", "")
    if wanted in ("up", "down"):
        return acts.move(draft, name, -1 if wanted == "up" else 1), name
    if wanted == "remove":
        return acts.remove(draft, name), ""
    if wanted == "arrange":
        return acts.arrange(draft, form.get("order", "").split()), ""
    if wanted == "block":
        return opening.with_block(draft, form.get("block", "")), ""
    if wanted == "add" and form.get("kind") in KINDS and form.get("words"):
        part = new_part(draft, form["kind"], form["words"])
        return acts.add(draft, part, into=form.get("into", "")), part.name
    raise NotFound(
        "act.unknown",
        "Write the words of the question and choose its type.",
        "Nothing was changed.",
    )


@get(BASE + "/{slug:str}/questions/{name:str}", guards=organisers, include_in_schema=False)
async def question(
    request: AnyRequest, database: FromDatabase, person: FromPerson, slug: Slug, name: QuestionName
) -> Template:
    async with database.connection() as connection:
        draft = await open_draft(connection, person, slug)
        live = await instruments.chain(connection, slug)
    return question_page(person, draft, live, name, done=done(request))


def question_page(
    person: Person, draft: Draft, live: list[Instrument], name: str, **context: Any
) -> Template:
    part = context.pop("part", None) or draft.find(name)
    return page(
        "survey_question",
        person,
        draft=draft,
        part=part,
        name=name,
        kind=kind(part),
        kinds=KINDS,
        live=live[-1] if live else None,
        languages_of=[(code, NAMES.get(code, code)) for code in draft.spoken()],
        before=list(asked_before(draft.instrument, name)),
        **context,
    )


@post(BASE + "/{slug:str}/questions/{name:str}", guards=organisers, include_in_schema=False)
async def keep_question(
    request: AnyRequest, database: FromDatabase, person: FromPerson, slug: Slug, name: QuestionName
) -> Response[Any]:
    form = await typed(request)
    async with database.connection() as connection:
        draft = await open_draft(connection, person, slug)
        live = await instruments.chain(connection, slug)
    part, wrong = edited(draft, draft.find(name), form)
    if not wrong:
        try:
            await save_question(database, person, slug, name, part, form)
        except Problem as refused:
            told = [f"{fault.where}: {fault.sentence}" for fault in refused.faults]
            sentence = " ".join([refused.sentence, *told, refused.remedy])
            wrong = [("name" if refused.code.startswith("question.") else "", sentence)]
    if wrong:
        return question_page(
            person, draft, live, name, part=part, typed=form, errors=wrong, status=422
        )
    if form.get("then") == "more":
        return Redirect(f"{BASE}/{slug}/questions/{part.name}?done=kept", status_code=303)
    return Redirect(f"{BASE}/{slug}#part-{part.name}", status_code=303)


async def save_question(
    database: Database, person: Person, slug: str, name: str, part: AnyPart, form: dict[str, str]
) -> None:
    """Keep an edited question, if what it says can be asked."""
    async with database.connection() as connection, connection.transaction():
        draft = await open_draft(connection, person, slug, form)
        for option, into in merged_in(draft.find(name), form):
            draft = acts.merge_options(draft, name, option, into)
        draft = acts.put(draft, name, part)
        readable(draft, part)
        await instrument_drafts.save(connection, draft)


def merged_in(part: AnyPart, form: dict[str, str]) -> Iterator[tuple[str, str]]:
    """Options that are left out and whose answers count as another's from now on."""
    for number in range(1, 201):
        name, into = form.get(f"option-{number}-name", ""), form.get(f"option-{number}-into", "")
        options = getattr(part, "options", ())
        if name and into and name != into and into in {option.name for option in options}:
            yield name, into


def readable(draft: Draft, part: AnyPart) -> None:
    """Refuse a condition that cannot be read, while whoever wrote it is still there."""
    alone = with_items(draft, tuple(one for one in draft.instrument.items))
    if expressions.needs_logic(alone.instrument):
        faults = [one for one in expressions.check(alone.instrument) if named(one) == part.name]
        if faults:
            raise bad_instrument(tuple(faults))


def named(fault: Fault) -> str:
    return fault.where.partition(":")[0]


@get(BASE + "/{slug:str}/about", guards=organisers, include_in_schema=False)
async def about(database: FromDatabase, person: FromPerson, slug: Slug) -> Template:
    async with database.connection() as connection:
        draft = await open_draft(connection, person, slug)
    return about_page(person, draft)


def about_page(person: Person, draft: Draft, **context: Any) -> Template:
    languages = [(code, NAMES.get(code, code)) for code in draft.spoken()]
    one = draft.instrument
    days = (day_typed("opens", one.opens) if one.opens else {}) | (
        day_typed("closes", one.closes) if one.closes else {}
    )
    given: dict[str, Any] = {
        "typed": days,
        "draft": draft,
        "languages_of": languages,
        "names": NAMES,
    }
    return page("survey_about", person, **(given | context))


@post(BASE + "/{slug:str}/about", guards=organisers, include_in_schema=False)
async def keep_about(
    request: AnyRequest, database: FromDatabase, person: FromPerson, slug: Slug
) -> Response[Any]:
    form = await typed(request)
    chosen = [code for code in (await request.form()).getall("languages", []) if code in NAMES]
    async with database.connection() as connection, connection.transaction():
        draft = await open_draft(connection, person, slug, form)
        kept, wrong = opening.about_in(draft, form, chosen, day_in)
        if not wrong:
            await instrument_drafts.save(connection, kept)
    if wrong:
        return about_page(person, draft, typed=form, errors=wrong, status=422)
    return Redirect(f"{BASE}/{slug}?done=about", status_code=303)


@get(BASE + "/{slug:str}/publish", guards=organisers, include_in_schema=False)
async def before_publishing(database: FromDatabase, person: FromPerson, slug: Slug) -> Template:
    return await publishing_page(database, person, slug)


async def publishing_page(
    database: Database, person: Person, slug: str, **context: Any
) -> Template:
    """What will be public, what becomes of the version before, and what stands in the way."""
    async with database.connection() as connection:
        draft = await open_draft(connection, person, slug)
        chain = await instruments.chain(connection, slug)
    now, faults = next_version(draft, chain)
    return page(
        "survey_publish",
        person,
        draft=draft,
        now=now,
        live=chain[-1] if chain else None,
        breaks=Harmony([*chain, now]).breaks() if chain and not faults else [],
        faults=faults,
        warnings=worded(draft, acts.warnings(draft)),
        **context,
    )


def next_version(draft: Draft, chain: list[Instrument]) -> tuple[Instrument, list[Fault]]:
    now = acts.publishable(draft, chain[-1] if chain else None)
    try:
        faults = expressions.check(check(now))
    except Problem as refused:
        return now, list(refused.faults)
    return now, [*faults, *(faults_of_map(chain, now) if chain else [])]


@post(BASE + "/{slug:str}/publish", guards=organisers, include_in_schema=False)
async def publish(
    request: AnyRequest, database: FromDatabase, person: FromPerson, slug: Slug
) -> Response[Any]:
    form = await typed(request)
    try:
        async with database.connection() as connection, connection.transaction():
            draft = await open_draft(connection, person, slug, form)
            await publish_draft(connection, person, slug, draft)
    except Problem as refused:
        errors = [("", f"{refused.sentence} {refused.remedy}")]
        return await publishing_page(
            database, person, slug, errors=errors, status=refused.status, refused=refused
        )
    return Redirect(f"/work/surveys/{slug}?done=published", status_code=303)


async def publish_draft(connection: Connection, person: Person, slug: str, draft: Draft) -> None:
    chain = await instruments.chain(connection, slug)
    if chain:
        await surveys.check_may_steer(connection, person, slug)
    now = acts.publishable(draft, chain[-1] if chain else None)
    await importing.publish(connection, now, by=person.id)
    await instrument_drafts.delete(connection, slug)


@post(BASE + "/{slug:str}/discard", guards=organisers, include_in_schema=False)
async def discard(database: FromDatabase, person: FromPerson, slug: Slug) -> Redirect:
    async with acting(database, person, "draft discarded", slug) as connection:
        await open_draft(connection, person, slug)
        await instrument_drafts.delete(connection, slug)
    return Redirect(f"{BASE}?done=discarded", status_code=303)


HANDLERS = [
    build, act, question, keep_question, about, keep_about, before_publishing, publish, discard,
]  # fmt: skip
