"""Made-up complaints with what happens to them: read, asked about, decided, disputed, merged;
and what owners of closed cases say of the handling.

Each case follows the transitions and working days of real ones. Events that would fall after
the moment at which the demonstration is made are left out.
"""

import datetime
import random
import uuid
from collections.abc import Iterable, Iterator, Sequence
from typing import TypedDict, Unpack

import msgspec

from api import clock
from api.operations import cases, own_cases
from api.security.people import HASHER
from demo.simulation.encounters import choose_one
from demo.simulation.texts_and_subjects import stream
from survey.cases import (
    ACTIVE_STATUSES,
    AllegationOutcome,
    CaseEvent,
    CaseState,
    CaseTransition,
    DatedCaseEvent,
    case_state,
    working_days_allowed,
)
from survey.deployments import quarter_of
from survey.editions.caseload import POINTS
from survey.receipts import ALPHABET, case_number, passphrase, passphrase_letters
from survey.store.cases import case_owners
from survey.store.database import Connection
from survey.surveys.item_types.answers import DECLINED

RECENT = datetime.timedelta(weeks=12)
FORGOTTEN, BEGUN = 0.08, 0.05  # of the recent ones: nobody looked at it, or only once
ASKED, ANSWERED, TOLD, DISPUTED, TWIN = 0.3, 0.8, 0.25, 0.12, 0.06
TWINS_WITHIN = datetime.timedelta(days=5)
OUTCOMES: dict[AllegationOutcome, int] = {
    "service_acceptable": 42,
    "service_not_acceptable": 21,
    "resolved": 17,
    "not_able_to_determine": 15,
    "referred_for_misconduct": 5,
}
QUESTIONS = (
    "Can you tell us at what time of day it was?",
    "Was anybody else there who saw it?",
    "Were you told why you were stopped?",
)
ANSWERS = (
    "It was in the evening, just after it got dark.",
    "Two neighbours saw it, but I have not asked them yet.",
    "Nobody told me anything.",
)
NEWS = (
    "We have asked for the report of that day and wait for it.",
    "We have seen the footage and talk about it in the next meeting.",
)
FINDINGS: dict[AllegationOutcome, str] = {
    "service_acceptable": "We read the report and watched the footage. The officers kept to the "
    "rules: they warned first, and used no more force than they needed.",
    "service_not_acceptable": "We read the report and watched the footage. You should have been "
    "told why, and were not. We have told the station so, and asked that the officers be trained.",
    "resolved": "The sergeant of the team has written to you and apologised. Thank you for saying "
    "that this settles it for you.",
    "not_able_to_determine": "There is no footage, and the officers remember it otherwise than "
    "you do. We cannot say which is right. What you told us stays on record.",
    "referred_for_misconduct": "What you told us may be misconduct. We have passed it on to the "
    "Independent Office for Police Conduct. They will write to you.",
}
AGAIN = "We looked at everything once more and came to the same result."
DISPUTES = (
    "The main thing that I wrote about was not looked at.",
    "I do not agree: what is said there is not what happened.",
)
# Two cases that a newcomer can open: one that waits for an answer, one that can be disputed.
SHOWN = {
    case_number("TRYTHEM"): passphrase(b"the first case of the demonstration"),
    case_number("TRYTHAT"): passphrase(b"the second case of the demonstration"),
}

# Who answers how a case was handled does not depend on what they think, so an edition should hold
# the shares of HANDLING.
RETURNED, HANDLING_ANSWERED = 0.75, 0.55  # of the owners of closed cases
SAYS_NOTHING = 0.03  # of those who answer, to each statement
# The share of people who would choose each point, from strongly disagree to strongly agree.
HANDLING: dict[str, tuple[float, ...]] = {
    "fairly": (0.14, 0.19, 0.15, 0.33, 0.19),
    "informed": (0.22, 0.26, 0.14, 0.25, 0.13),
    "understood": (0.09, 0.15, 0.14, 0.37, 0.25),
    "speed": (0.25, 0.23, 0.15, 0.22, 0.15),
    "again": (0.1, 0.09, 0.1, 0.38, 0.33),
}


class DemoCaseStep(msgspec.Struct, frozen=True):
    """One event of a demo case: its time, who did it, and the message sent with it."""

    event: CaseEvent
    at: datetime.datetime
    by: str | None = None
    message: str | None = None


class DemoCase(msgspec.Struct, kw_only=True):
    """A demo case from its first event to now; `state` is the status its steps add up to."""

    ident: uuid.UUID
    reference: str
    area: str
    allegations: tuple[str, ...]
    steps: list[DemoCaseStep]
    passphrase_hash: str | None = None
    state: CaseState = CaseState()

    def opened_at(self) -> datetime.datetime:
        return self.steps[0].at

    def standing_at(self, moment: datetime.datetime) -> CaseState:
        history = [
            DatedCaseEvent(step.event, step.at.date()) for step in self.steps if step.at <= moment
        ]
        return case_state(history, self.allegations, cases.working_day_after)


class StepDetails(TypedDict, total=False):
    """Further fields for the event of a step; see `CaseEvent`."""

    to: str
    allegation: str
    outcome: AllegationOutcome
    case: str
    same_person: bool
    note: str


class DemoCaseWriter:
    """Appends one step after another to a demo case; steps after the present moment are not
    added.
    """

    def __init__(self, life: DemoCase, now: datetime.datetime, chance: random.Random) -> None:
        self.life, self.now, self.chance = life, now, chance
        self.at = life.opened_at()
        self.over = False

    def add(
        self,
        days: int,
        kind: CaseTransition,
        by: str | None = None,
        message: str | None = None,
        **about: Unpack[StepDetails],
    ) -> None:
        """Append an event this many working days after the last step.

        With 0 days it happens at the same time as the last one. Events in the future are not added.
        """
        if days:
            day = cases.working_day_after(self.at.date(), days)
            hour = datetime.time(self.chance.randint(9, 16), tzinfo=datetime.UTC)
            # A later step may be drawn for an earlier hour of the same day.
            self.at = max(self.at, datetime.datetime.combine(day, hour))
        self.over = self.over or self.at > self.now
        if not self.over:
            self.life.steps.append(
                DemoCaseStep(CaseEvent(kind=kind, **about), self.at, by, message)
            )

    def days_left(self, share: float) -> int:
        """Working days from the last step until this share of the time to decide is used up."""
        allowed = round(working_days_allowed(self.life.allegations).decide * share)
        until = cases.working_day_after(self.life.opened_at().date(), allowed)
        return max(1, cases.working_days_between(self.at.date(), until))


def demo_case_number(chance: random.Random) -> str:
    return case_number("".join(chance.choices(ALPHABET, k=7)))


def simulate_cases(
    lives: Sequence[DemoCase], staff: Sequence[str], now: datetime.datetime, chance: random.Random
) -> None:
    """Simulate every case, the oldest first; `staff` are the accounts that work on them."""
    done: list[DemoCase] = []
    # A case is merged into an earlier one only, so that one is simulated first.
    for life in sorted(lives, key=DemoCase.opened_at):
        if chance.random() >= TWIN:
            main = None
        else:
            near = (
                twin
                for twin in reversed(done)
                if life.opened_at() - twin.opened_at() <= TWINS_WITHIN
            )
            main = next(
                (twin for twin in near if twin.area == life.area and not is_merged(twin)), None
            )
        if main is None or not merge_if_open(life, main, staff, now, chance):
            simulate_case(DemoCaseWriter(life, now, chance), staff, now - life.opened_at() < RECENT)
        done.append(life)
    for life in lives:
        life.state = life.standing_at(now)
    assign_known_numbers(lives, now.date())


def simulate_case(diary: DemoCaseWriter, staff: Sequence[str], recent: bool) -> None:
    chance, allegations = diary.chance, diary.life.allegations
    fate = chance.random() if recent else 1.0
    if fate < FORGOTTEN:
        return
    who = chance.choice(staff) if staff else None
    diary.add(
        chance.randint(1, working_days_allowed(allegations).acknowledge),
        "acknowledged",
        who,
    )
    if who:
        diary.add(0, "assigned", who, to=who)
    if fate < FORGOTTEN + BEGUN:
        return
    if chance.random() < ASKED:
        diary.add(chance.randint(1, 4), "asked", who, chance.choice(QUESTIONS))
        if chance.random() < ANSWERED:
            diary.add(chance.randint(4, 12), "answered", None, chance.choice(ANSWERS))
    if chance.random() < TOLD:
        diary.add(chance.randint(1, 5), "told", who, chance.choice(NEWS))
    add_decision(diary, who, diary.days_left(chance.uniform(0.4, 0.95)))
    if chance.random() < DISPUTED:
        chance = diary.chance
        diary.add(chance.randint(1, 15), "appealed", None, chance.choice(DISPUTES))
        if chance.random() < 0.5:
            diary.add(chance.randint(6, 14), "closed", who, AGAIN)
        else:
            diary.add(chance.randint(6, 14), "reopened", who)
            add_decision(diary, who, chance.randint(5, 15))


def add_decision(diary: DemoCaseWriter, who: str | None, days: int) -> None:
    for allegation in diary.life.allegations:
        [outcome] = diary.chance.choices(list(OUTCOMES), list(OUTCOMES.values()))
        finding = FINDINGS[outcome]
        diary.add(days, "outcome", who, finding, allegation=allegation, outcome=outcome)
        days = 0
    diary.add(diary.chance.randint(1, 4), "closed", who)


def is_merged(life: DemoCase) -> bool:
    return any(step.event.case for step in life.steps)


def merge_if_open(
    life: DemoCase,
    main: DemoCase,
    staff: Sequence[str],
    now: datetime.datetime,
    chance: random.Random,
) -> bool:
    """Merge the later case into the other if that one is still open; True if it was merged."""
    who, same = chance.choice(staff) if staff else None, chance.random() < 0.5
    diary = DemoCaseWriter(life, now, chance)
    diary.add(
        chance.randint(1, 2), "merged", who, case=main.reference, same_person=same,
        note="The same evening and place.",
    )  # fmt: skip
    if diary.over:
        return False
    if main.standing_at(diary.at).status not in ACTIVE_STATUSES:
        # The other case was over by that day, so the merge is taken back.
        life.steps.pop()
        return False
    joined = CaseEvent(kind="joined", case=life.reference, same_person=same)
    main.steps.append(DemoCaseStep(joined, diary.at, who))
    # The other case was simulated to its end before, and this step lies somewhere within.
    main.steps.sort(key=lambda step: step.at)
    return True


def assign_known_numbers(lives: Sequence[DemoCase], today: datetime.date) -> None:
    """Give two cases the fixed numbers and passphrases that the demonstration displays."""
    newest = sorted(
        (live for live in lives if not is_merged(live)), key=DemoCase.opened_at, reverse=True
    )
    waiting = [case for case in newest if case.state.status == "waiting"]
    # A closed case may be disputed for some days only, and a newcomer should be able to.
    closed = [case for case in newest if (case.state.disputable_until or today) > today]
    taken: set[str] = set()
    for (reference, phrase), wanted in zip(SHOWN.items(), (waiting, closed), strict=True):
        # A small world may have no such case: then its newest one is shown.
        shown_case = next(
            (case for case in (*wanted, *newest) if case.reference not in taken), None
        )
        if shown_case is not None:
            shown_case.reference = reference
            shown_case.passphrase_hash = HASHER.hash(passphrase_letters(phrase))
            taken.add(reference)


def case_states(lives: Iterable[DemoCase]) -> dict[uuid.UUID, tuple[object, ...]]:
    """The columns of each case that the inbox reads, in the order of the bulk load."""
    idents = {live.reference: live.ident for live in lives}
    return {
        live.ident: (
            live.reference,
            live.passphrase_hash,
            live.state.status,
            live.state.handler,
            live.state.due,
            idents.get(live.state.merged_into or ""),
            live.state.same_person,
        )
        for live in lives
    }


async def answer_closed_cases(connection: Connection, lives: Iterable[DemoCase]) -> None:
    """Let the owners of closed cases answer, by chance; then make the quarters final that are."""
    for life in lives:
        # Whoever tries the demonstration answers about the cases that it shows.
        if life.passphrase_hash:
            continue
        # From the case, so that one more or less changes nobody else's answers.
        chance = stream(life.ident.int, "handling")
        for quarter, day in closing_days(life):
            fate = chance.random()
            if fate < RETURNED:
                await case_owners.save_opening(connection, str(life.ident), day, "owner")
            if fate < HANDLING_ANSWERED:
                said = {
                    name: DECLINED
                    if chance.random() < SAYS_NOTHING
                    else choose_one(chance, dict(zip(POINTS, shares, strict=True)))
                    for name, shares in HANDLING.items()
                }
                await own_cases.add_handling_answers(connection, str(life.ident), quarter, said)
    await own_cases.finish_handling_quarters(connection)


def closing_days(life: DemoCase) -> Iterator[tuple[datetime.date, datetime.date]]:
    """Each quarter in which the case was closed, with the last day on which it was."""
    days = [clock.local_day(step.at) for step in life.steps if step.event.kind == "closed"]
    yield from {quarter_of(day): day for day in days}.items()
