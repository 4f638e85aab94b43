"""Where a resident stands on the way through an instrument."""

import hashlib
from urllib.parse import quote

import msgspec
from litestar.di import NamedDependency

from api import clock, cookies
from api.intake import beside
from api.intake import occasion as occasion_of
from api.keys import Keyring
from api.lodging import Lodged
from api.pages.resident import drafts, steps
from api.pages.resident.drafts import Draft
from api.pages.resident.steps import Step
from api.pages.templating import AnyRequest
from api.wiring import FromDatabase, FromKeyring
from survey.contacts import Contact
from survey.instruments import SLUG, Harmony, Instrument
from survey.problems import closed_instrument, unknown_instrument
from survey.ready import COMPLAINT
from survey.responses import (
    MOST_ROUNDS,
    Answers,
    Occasion,
    Settled,
    Submission,
    attached_in,
    check_item,
    texts_of,
)
from survey.store import attachments, instruments, places
from survey.store.database import Database

NOTHING: Answers = {}
UNDER_16 = "under_16"


class FileShown(msgspec.Struct, frozen=True, kw_only=True):
    """A file that waits to be sent, as its sender sees it."""

    mark: str
    name: str
    media_type: str
    size: int
    scan: str

    @property
    def ident(self) -> str:
        """What a page calls it: the mark itself is worth the file and stands on no page."""
        return ident_of(self.mark)

    @property
    def is_picture(self) -> bool:
        """Whether it can be shown: nothing is, while it waits for the scanner."""
        return self.media_type.startswith("image/") and self.scan != "waiting"


def ident_of(mark: str) -> str:
    return hashlib.sha256(mark.encode()).hexdigest()[:24]


class Walk(msgspec.Struct, kw_only=True):
    """An instrument that takes answers, and this browser's draft where there is one.

    Under `quarantine` files wait for the scanner.
    """

    instrument: Instrument
    occasion: Occasion
    keyring: Keyring
    quarantine: bool = True
    key: str = ""
    draft: Draft | None = None
    walked: tuple[Answers, list[Step], Settled] | None = None
    files: dict[str, FileShown] = {}

    @property
    def base(self) -> str:
        if self.instrument.kind == "complaint":
            return "/complaints"
        return f"/surveys/{self.instrument.slug}"

    @property
    def is_begun(self) -> bool:
        """Whether something that was not sent yet was entered in this browser."""
        one = self.draft
        return one is not None and not one.reference and bool(one.borough or one.answers)

    async def settle(self) -> None:
        """Work the pages out beside the event loop; `steps` then has them at once."""
        await beside(self.instrument, lambda: self.steps)

    @property
    def steps(self) -> list[Step]:
        """The pages that are to be asked, as the answers stand now."""
        answers = self.draft.answers if self.draft else NOTHING
        if self.walked is None or self.walked[0] is not answers:
            settled = self.occasion.logic(answers)
            corrects = bool(self.draft and self.draft.case)
            pages = steps.steps_of(self.instrument, answers, settled, corrects=corrects)
            self.walked = answers, pages, settled
        return self.walked[1]

    @property
    def settled(self) -> Settled:
        """What the expressions of the survey make of the answers as they stand now."""
        assert self.steps is not None
        assert self.walked is not None
        return self.walked[2]

    @property
    def minutes(self) -> int:
        return steps.minutes_of(self.steps)

    def at(self, name: str) -> Step | None:
        return next((step for step in self.steps if step.name == name), None)

    def address(self, name: str) -> str:
        return f"{self.base}/{quote(name, safe='')}"

    def beside(self, step: Step, by: int) -> str:
        """The address of the page before or behind this one."""
        names = [one.name for one in self.steps] + [steps.CHECK]
        if step.name not in names:  # the answers given on a page may make it go away
            still_open = self.open_step()
            return self.address(still_open.name if still_open else steps.CHECK)
        place = names.index(step.name) + by
        return self.address(names[place]) if place >= 0 else self.base

    def step_after(self, step: Step) -> Step | None:
        names = [one.name for one in self.steps]
        place = names.index(step.name) + 1 if step.name in names else len(names)
        return self.steps[place] if place < len(names) else None

    def open_step(self) -> Step | None:
        """The first page that still needs an answer."""
        draft = self.draft or Draft(slug="")
        return next(
            (
                step
                for step in self.steps
                if steps.is_open(
                    step,
                    access_code=draft.access_code,
                    borough=draft.borough,
                    answers=draft.answers,
                )
            ),
            None,
        )


FromWalk = NamedDependency[Walk]


def slug_in(request: AnyRequest) -> str:
    """The slug of the address, held to its form before it reaches the database."""
    slug = str(request.path_params.get("slug", COMPLAINT))
    if not SLUG.fullmatch(slug):
        raise unknown_instrument(slug[:60])
    return slug


async def walk_of(request: AnyRequest, database: FromDatabase, keyring: FromKeyring) -> Walk:
    slug = slug_in(request)
    path = f"/surveys/{slug}" if "slug" in request.path_params else cookies.COMPLAINTS
    key = cookies.read_cookie(request, cookies.DRAFT, path)
    async with database.connection() as connection:
        instrument, closed = await instruments.get(connection, slug)
        draft = await drafts.find(connection, key, slug)
        if draft is not None and draft.version != instrument.version:
            chain = await instruments.chain(connection, slug)
            draft.answers = Harmony(chain).answers(draft.version, draft.answers)
            draft.version = instrument.version
    ended = closed or not instrument.is_open(clock.today())
    if ended and "reference" not in request.path_params:  # a receipt outlives its survey
        raise closed_instrument(slug)
    occasion = occasion_of(instrument, await database.remembered(places.get_city))
    if draft is not None:
        draft.answers = await beside(instrument, brought_up, instrument, draft.answers, occasion)
    walk = Walk(
        instrument=instrument,
        occasion=occasion,
        keyring=keyring,
        quarantine=bool(request.app.state.settings.clamd),
        key=key,
        draft=draft,
    )
    await walk.settle()
    return walk


async def load_files(database: Database, walk: Walk) -> None:
    """The files of the draft, by their marks, for a page that shows them."""
    if walk.draft is None:
        return
    marks = [file.mark for file in attached_in(walk.instrument, walk.draft.answers)]
    if not marks:
        walk.files = {}
        return
    names = walk.draft.file_names
    async with database.connection() as connection:
        waiting = await attachments.waiting_of(connection, marks)
    walk.files = {
        mark: FileShown(
            mark=mark,
            name=names.get(mark, ""),
            media_type=found.media_type,
            size=found.size,
            scan=found.scan,
        )
        for mark, found in waiting.items()
    }


def brought_up(instrument: Instrument, answers: Answers, occasion: Occasion) -> Answers:
    """The answers that still fit: a newer version may ask other things than the one begun with.

    What is passed over is kept while a person is on the way, since they may come back to it.
    """
    typed: Answers = {}
    for item in instrument.leaves():
        typed |= check_item(item, answers, occasion)[0]
    for name, wanted in occasion.logic(typed).rounds.items():
        rounds = typed.get(name)
        told = list(rounds) if isinstance(rounds, list) else []
        typed[name] = (told + [{} for _ in range(min(wanted, MOST_ROUNDS))])[: max(wanted, 0)]
    return typed


def words_in(instrument: Instrument, answers: Answers) -> dict[str, str]:
    """What was written in the person's own words."""
    return texts_of(instrument, answers)


def submission_of(walk: Walk, draft: Draft, language: str) -> Submission:
    return Submission(
        borough=draft.borough or None,
        language=language,
        access_code=draft.access_code or None,
        may_quote=may_quote(walk, draft),
        answers=draft.answers,
    )


def complaint_of(walk: Walk, draft: Draft, language: str) -> Lodged:
    return Lodged(
        borough=draft.borough or None,
        language=language,
        may_quote=may_quote(walk, draft),
        answers=draft.answers,
        contact=contact_in(walk, draft),
    )


def may_quote(walk: Walk, draft: Draft) -> bool:
    wrote = bool(words_in(walk.instrument, draft.answers))
    return draft.may_quote and wrote and not is_child(walk)


def is_child(walk: Walk) -> bool:
    """Whether somebody said so: a child is not asked to be quoted."""
    age = walk.instrument.margins().get("age")
    return bool(age and walk.draft and walk.draft.answers.get(age.name) == UNDER_16)


def contact_in(walk: Walk, draft: Draft) -> Contact | None:
    """What was typed on the page about it; it waits under seal, as it is kept afterwards."""
    return walk.keyring.unseal("", draft.contact.encode()) if draft.contact else None
