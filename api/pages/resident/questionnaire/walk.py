"""The state of one resident's walk through an instrument, and the way by which they came."""

import hashlib
from urllib.parse import quote

import msgspec
from litestar.di import NamedDependency

from api import clock
from api.dependencies import FromDatabase, FromKeyring
from api.jobs import kinds
from api.operations.answers.kiosks import WayAct, WayCounts
from api.operations.answers.submissions import answer_context as occasion_of
from api.operations.answers.submissions import find_limits, run_evaluation
from api.operations.survey_rights import built_in_slugs
from api.pages.resident.questionnaire import drafts, steps
from api.pages.resident.questionnaire.steps import QuestionnaireStep
from api.pages.shell import AnyRequest
from api.security import cookies
from api.security.keyring import Keyring
from api.security.requests import site_address
from survey.cases.contacts import Contact
from survey.store import places, surveys
from survey.store.answers import attachments
from survey.store.database import Database
from survey.store.surveys import instruments, sharing
from survey.surveys import responses
from survey.surveys.instruments import SLUG, Instrument
from survey.surveys.instruments.versions import HarmonisedVersions
from survey.surveys.item_types.answers import Answers
from survey.surveys.ready import COMPLAINT
from survey.surveys.refusals import closed_instrument, unknown_instrument
from survey.surveys.sharing import SurveyLimits, SurveySettings

NO_ANSWERS: Answers = {}
WAY_FIELD = "way"


class DraftFileRow(msgspec.Struct, frozen=True, kw_only=True):
    """A file that is stored but not sent yet, as its sender sees it."""

    mark: str
    name: str
    media_type: str
    size: int
    scan: str

    @property
    def ident(self) -> str:
        """The file's id on pages: the mark itself gives access and is shown nowhere."""
        return file_id(self.mark)

    @property
    def is_picture(self) -> bool:
        """Whether a thumbnail can be shown: not while the file waits for the scanner."""
        return self.media_type.startswith("image/") and self.scan != "waiting"


def draft_base(slug: str) -> str:
    """The address that the pages of a survey or complaint begin with, and its cookie's path."""
    return cookies.COMPLAINTS if slug == COMPLAINT else f"/surveys/{slug}"


def full_address(request: AnyRequest, path: str) -> str:
    """An address with its host, to be written down."""
    return site_address(request) + path


def file_id(mark: str) -> str:
    return hashlib.sha256(mark.encode()).hexdigest()[:24]


def makers_read(instrument: Instrument) -> bool:
    """Whether those who made the survey read what is written, besides the working group."""
    return instrument.slug not in built_in_slugs()


class Walk(msgspec.Struct, kw_only=True):
    """A person's way through an open instrument, with the draft in this browser if there is one.

    If `quarantine` is set, files wait for the virus scanner. `device` is the random mark of this
    browser in a draft that was saved for later; by it a browser notices that another has gone on
    with the draft. `limits` are the survey's.
    """

    instrument: Instrument
    occasion: responses.AnswerContext
    keyring: Keyring
    quarantine: bool = True
    limits: SurveyLimits | None = None
    key: str = ""
    device: str = ""
    is_test: bool = False
    draft: drafts.ResidentDraft | None = None
    settings: SurveySettings = SurveySettings()
    walked: tuple[Answers, list[QuestionnaireStep], responses.EvaluationResult] | None = None
    files: dict[str, DraftFileRow] = {}

    @property
    def base(self) -> str:
        if self.is_test:
            return f"{drafts.TEST_PATH}/{self.instrument.slug}"
        return draft_base(self.instrument.slug)

    @property
    def makers_read(self) -> bool:
        return makers_read(self.instrument)

    @property
    def is_begun(self) -> bool:
        """Whether this browser has a draft with something in it that was not sent yet."""
        draft = self.draft
        return draft is not None and not draft.reference and bool(draft.area or draft.answers)

    @property
    def asks_password(self) -> bool:
        """Whether the survey's password must be given before this person can begin."""
        passed = self.draft is not None and self.draft.admitted and not self.draft.reference
        return bool(self.settings.password_hash) and not passed

    @property
    def may_be_saved(self) -> bool:
        """Whether the draft can be saved for later: not one that was sent, or that ends with a case
        key or a staff session.
        """
        draft = self.draft
        return draft is not None and not (draft.reference or draft.case or draft.opened)

    @property
    def is_newer_elsewhere(self) -> bool:
        """Whether another device saved these answers since this one did."""
        return bool(self.draft and self.draft.until and self.draft.writer != self.device)

    async def settle(self) -> None:
        """Work out the pages outside the event loop; after that `steps` has its result at once."""
        await run_evaluation(self.instrument, lambda: self.steps)

    @property
    def steps(self) -> list[QuestionnaireStep]:
        """The pages to be asked, given the answers so far."""
        answers = self.draft.answers if self.draft else NO_ANSWERS
        # By identity, which is enough because answers are replaced and never changed in place.
        if self.walked is None or self.walked[0] is not answers:
            settled = self.occasion.logic(answers)
            corrects = bool(self.draft and self.draft.case)
            by_code = self.limits is not None and self.limits.one_each == "code"
            pages = steps.questionnaire_steps(
                self.instrument, answers, settled, corrects=corrects, by_code=by_code
            )
            self.walked = answers, pages, settled
        return self.walked[1]

    @property
    def evaluation(self) -> responses.EvaluationResult:
        """The result of the survey's expressions, given the answers so far."""
        assert self.steps is not None
        assert self.walked is not None
        return self.walked[2]

    @property
    def minutes(self) -> int:
        return steps.longest_minutes(self.instrument)

    def at(self, name: str) -> QuestionnaireStep | None:
        return next((step for step in self.steps if step.name == name), None)

    def address(self, name: str) -> str:
        return f"{self.base}/{quote(name, safe='')}"

    def beside(self, step: QuestionnaireStep, by: int) -> str:
        """The address of the page `by` places after this one, or before if negative."""
        names = [step.name for step in self.steps] + [steps.CHECK]
        if step.name not in names:  # its own answers may have made the page disappear
            still_open = self.open_step()
            return self.address(still_open.name if still_open else steps.CHECK)
        place = names.index(step.name) + by
        return self.address(names[place]) if place >= 0 else self.base

    def step_after(self, step: QuestionnaireStep) -> QuestionnaireStep | None:
        names = [step.name for step in self.steps]
        place = names.index(step.name) + 1 if step.name in names else len(names)
        return self.steps[place] if place < len(names) else None

    def open_step(self) -> QuestionnaireStep | None:
        """The first page that still needs an answer."""
        draft = self.draft or drafts.ResidentDraft(slug="")
        return next(
            (
                step
                for step in self.steps
                if steps.is_open(
                    step,
                    access_code=draft.access_code,
                    area=draft.area,
                    answers=draft.answers,
                )
            ),
            None,
        )


FromWalk = NamedDependency[Walk]


async def load_walk(request: AnyRequest, database: FromDatabase, keyring: FromKeyring) -> Walk:
    # The slug in the address, checked before it reaches the database.
    slug = str(request.path_params.get("slug", COMPLAINT))
    if not SLUG.fullmatch(slug):
        raise unknown_instrument(slug[:60])
    if request.url.path.startswith(f"{drafts.TEST_PATH}/"):
        return await load_test_walk(request, database, keyring, slug)
    path = f"/surveys/{slug}" if "slug" in request.path_params else cookies.COMPLAINTS
    key, _, device = cookies.read_cookie(request, cookies.DRAFT, path).partition(".")
    instrument, closed = await database.load_noticed(instruments.get, slug)
    draft = None
    if key:
        async with database.connection() as connection:
            key, draft = await drafts.find_saved_or_begun(connection, keyring, key, slug)
            if draft is not None and draft.version > instrument.version:
                # Another process heard of a new version before us.
                instrument, closed = await instruments.get(connection, slug)
            # A new version was published meanwhile: answers move on to its names and options.
            if draft is not None and draft.version != instrument.version:
                chain = await instruments.load_history(connection, slug)
                draft.answers = HarmonisedVersions(chain).answers(draft.version, draft.answers)
                draft.version = instrument.version
    ended = closed or not instrument.is_open(clock.today())
    if ended and "reference" not in request.path_params:  # a receipt outlives its survey
        raise closed_instrument(slug)
    occasion = occasion_of(instrument, await database.load_cached(places.get_city))
    if draft is not None:
        draft.answers = await run_evaluation(
            instrument, fitting_answers, instrument, draft.answers, occasion
        )
    walk = Walk(
        instrument=instrument,
        occasion=occasion,
        keyring=keyring,
        quarantine=bool(request.app.state.settings.clamd),
        limits=await find_limits(database, slug),
        key=key,
        device=device,
        draft=draft,
        settings=await database.load_noticed(sharing.get_settings, slug),
    )
    await walk.settle()
    return walk


async def load_test_walk(
    request: AnyRequest, database: Database, keyring: Keyring, slug: str
) -> Walk:
    """The way through a draft survey, only in the browser that began to test it."""
    key = cookies.read_cookie(request, cookies.DRAFT, f"{drafts.TEST_PATH}/{slug}")
    async with database.connection() as connection:
        draft = await drafts.find_draft(connection, keyring, key, slug)
        survey_draft = await surveys.find_draft(connection, slug) if draft and draft.tests else None
    if draft is None or survey_draft is None:
        raise drafts.unknown_test()
    instrument = drafts.testable_instrument(survey_draft.instrument)
    occasion = occasion_of(instrument, await database.load_cached(places.get_city))
    # The draft may have changed in another window since the last page.
    draft.answers = await run_evaluation(
        instrument, fitting_answers, instrument, draft.answers, occasion
    )
    walk = Walk(
        instrument=instrument,
        occasion=occasion,
        keyring=keyring,
        key=key,
        draft=draft,
        is_test=True,
    )
    await walk.settle()
    return walk


async def load_files(database: Database, walk: Walk) -> None:
    """Load the files of the draft, by their marks, for a page that shows them."""
    if walk.draft is None:
        return
    marks = [file.mark for file in responses.attachments_in(walk.instrument, walk.draft.answers)]
    if not marks:
        walk.files = {}
        return
    names = walk.draft.file_names
    async with database.connection() as connection:
        waiting = await attachments.load_waiting(connection, marks)
    walk.files = {
        mark: DraftFileRow(
            mark=mark,
            name=names.get(mark, ""),
            media_type=file.media_type,
            size=file.size,
            scan=file.scan,
        )
        for mark, file in waiting.items()
    }


def fitting_answers(
    instrument: Instrument, answers: Answers, occasion: responses.AnswerContext
) -> Answers:
    """The answers that fit the instrument, which may be a newer version than they were given to.

    Answers to skipped questions stay until sending: the person may come back to them.
    """
    typed: Answers = {}
    for item in instrument.all_questions():
        typed |= responses.validate_item(item, answers, occasion)[0]
    for name, wanted in occasion.logic(typed).rounds.items():
        rounds = typed.get(name)
        given_rounds = list(rounds) if isinstance(rounds, list) else []
        # Bounded, because the number comes from a calculation over what a resident typed.
        typed[name] = (given_rounds + [{} for _ in range(min(wanted, responses.MOST_ROUNDS))])[
            : max(wanted, 0)
        ]
    return typed


def written_texts(instrument: Instrument, answers: Answers) -> dict[str, str]:
    """What was written in the person's own words."""
    return responses.answer_texts(instrument, answers)


def draft_submission(
    walk: Walk, draft: drafts.ResidentDraft, language: str
) -> responses.Submission:
    return responses.Submission(
        area=draft.area or None,
        language=language,
        access_code=draft.access_code or None,
        may_quote=may_quote(walk, draft),
        answers=draft.answers,
    )


def may_quote(walk: Walk, draft: drafts.ResidentDraft) -> bool:
    wrote = bool(written_texts(walk.instrument, draft.answers))
    # The box may have been ticked before an answer said that the person is a child.
    return draft.may_quote and wrote and not responses.is_child(walk.instrument, draft.answers)


def draft_contact(walk: Walk, draft: drafts.ResidentDraft) -> Contact | None:
    """The contact details in the draft, where they are stored encrypted."""
    # Sealed without a case number: a draft has none yet.
    return walk.keyring.unseal("", draft.contact.encode()) if draft.contact else None


def start_address(walk: Walk) -> str:
    """The address of the first page, with the way by which this person came, if there is one."""
    way = walk.draft.way if walk.draft else ""
    return f"{walk.base}?{WAY_FIELD}={way}" if way else walk.base


def count_way(request: AnyRequest, slug: str, way: str, act: WayAct) -> None:
    """Count that somebody began or sent answers; saved to the database within a minute."""
    counts: WayCounts = request.app.state.way_counts
    counts.add(slug, kinds.this_week(clock.today()), way, act)
