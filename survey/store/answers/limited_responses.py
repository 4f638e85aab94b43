"""SQL for answers to surveys with limits: stored and counted in one transaction, or refused."""

from collections import Counter
from collections.abc import Iterable

from survey.problems import Problem
from survey.store.answers import responses
from survey.store.answers.responses import NewResponse
from survey.store.database import Connection
from survey.store.surveys import instruments, limits
from survey.surveys.instruments import Instrument
from survey.surveys.refusals import full_quota, full_survey, unknown_access_code
from survey.surveys.responses import SubmissionReceipt
from survey.surveys.sharing import Quota, Respondent, group_names, is_counted, respondent_of

Outcome = SubmissionReceipt | Problem


class LimitedResponse(NewResponse, frozen=True, kw_only=True):
    """A new response to a survey with limits, and the person that quotas count.

    `by_code`: it uses up a code of an open survey.
    """

    person: Respondent
    by_code: bool = False


class Places:
    """How many answers each quota has taken, while a batch is being stored."""

    def __init__(self, quotas: Iterable[Quota]) -> None:
        self.quotas = list(quotas)
        self.taken: Counter[int] = Counter()

    def matching(self, arrival: LimitedResponse) -> list[Quota]:
        return [quota for quota in self.quotas if is_counted(quota, arrival.person)]

    def refusal(self, arrival: LimitedResponse) -> Problem | None:
        """Why there is no place for a response; None if there is one."""
        for quota in self.matching(arrival):
            if quota.answers + self.taken[quota.id] >= quota.most:
                slug = arrival.response.instrument
                return full_survey(slug) if quota.is_of_everybody else full_quota(slug)
        return None

    def take(self, arrival: LimitedResponse, number: int = 1) -> None:
        self.taken.update({quota.id: number for quota in self.matching(arrival)})


async def insert_limited_many(
    connection: Connection, arrivals: list[LimitedResponse]
) -> list[Outcome]:
    """Store responses for which there is a place, and count them, in one transaction.

    A request that came before gets the receipt it got then, even when everything is full.
    """
    # In the order in which they came, in which the places are given away.
    first: dict[bytes, LimitedResponse] = {}
    for arrival in arrivals:
        first.setdefault(arrival.request_key, arrival)
    surveys = {arrival.response.instrument for arrival in arrivals}
    async with connection.transaction():
        await limits.lock(connection, surveys)
        # Read after the lock, so that it holds what others stored while we waited.
        places = {
            survey: Places(await limits.load_quotas(connection, survey))
            for survey in sorted(surveys)
        }
        outcomes: dict[bytes, Outcome] = {
            key: responses.receipt_or_refusal(first[key], stored)
            for key, stored in await responses.load_marks(connection, list(first))
        }
        new = [arrival for key, arrival in first.items() if key not in outcomes]
        for survey, of_survey in places.items():
            mine = [arrival for arrival in new if arrival.response.instrument == survey]
            outcomes |= await store_while_there_is_place(connection, survey, mine, of_survey)
            await limits.add_to_quotas(connection, of_survey.taken)
    return [outcome_for(arrival, first, outcomes) for arrival in arrivals]


async def insert_whole_file(
    connection: Connection, arrivals: list[LimitedResponse]
) -> list[Outcome]:
    """Store the responses of one file to one survey for which there is a place, in the caller's
    transaction; each is new.

    The limits are locked only at the end, when all places are taken at once: so others can go on
    sending while many rows are stored.
    """
    survey = arrivals[0].response.instrument
    refused: dict[bytes, Outcome] = {}
    while True:
        admitted = [arrival for arrival in arrivals if arrival.request_key not in refused]
        trial = connection.transaction()
        await trial.start()
        outcomes = await store(connection, survey, admitted)
        await limits.lock(connection, {survey})
        places = Places(await limits.load_quotas(connection, survey))
        late: dict[bytes, Outcome] = {}
        for arrival in admitted:
            if isinstance(outcomes[arrival.request_key], Problem):
                continue
            if refusal := places.refusal(arrival):
                late[arrival.request_key] = refusal
            else:
                places.take(arrival)
        if not late:
            await limits.add_to_quotas(connection, places.taken)
            await trial.commit()
            outcomes |= refused
            return [outcomes[arrival.request_key] for arrival in arrivals]
        # This gives the limits back too. Each round refuses one or more, so there is a last one.
        await trial.rollback()
        refused |= late


async def store_while_there_is_place(
    connection: Connection, survey: str, arrivals: list[LimitedResponse], places: Places
) -> dict[bytes, Outcome]:
    """Store as many responses as there are places for; return outcomes by key of request.

    A place goes to the next in line if the code of the one who had it turns out to be used.
    """
    outcomes: dict[bytes, Outcome] = {}
    while arrivals:
        admitted, left = [], []
        for arrival in arrivals:
            if refusal := places.refusal(arrival):
                outcomes[arrival.request_key] = refusal
                left.append(arrival)
            else:
                places.take(arrival)
                admitted.append(arrival)
        stored = await store(connection, survey, admitted)
        failed = [
            arrival for arrival in admitted if isinstance(stored[arrival.request_key], Problem)
        ]
        for arrival in failed:
            places.take(arrival, -1)
        outcomes |= stored
        arrivals = left if failed else []
    return outcomes


async def store(
    connection: Connection, survey: str, arrivals: list[LimitedResponse]
) -> dict[bytes, Outcome]:
    """Store responses as their survey asks: with a code, as part of a sample, or openly."""
    outcomes: dict[bytes, Outcome] = {}
    by_code = [arrival for arrival in arrivals if arrival.by_code]
    used = await limits.use_codes(connection, survey, by_code) if by_code else set()
    open_ones, sampled = list[NewResponse](), list[NewResponse]()
    for arrival in arrivals:
        if arrival.response.mode == "sampled":
            sampled.append(arrival)
        elif arrival.by_code and arrival.request_key not in used:
            outcomes[arrival.request_key] = unknown_access_code()
        else:
            open_ones.append(arrival)
    for insert, some in (
        (responses.insert_many, open_ones),
        (responses.insert_sampled_many, sampled),
    ):
        if some:
            receipts = await insert(connection, some, limited=True)
            outcomes |= {
                arrival.request_key: got for arrival, got in zip(some, receipts, strict=True)
            }
    return outcomes


def outcome_for(
    arrival: LimitedResponse, first: dict[bytes, LimitedResponse], outcomes: dict[bytes, Outcome]
) -> Outcome:
    """The outcome of a request: what the first request in the batch with its key got."""
    outcome, leader = outcomes[arrival.request_key], first[arrival.request_key]
    if arrival is leader or isinstance(outcome, Problem):
        return outcome
    stored = responses.StoredMark(leader.request_body, outcome.reference)
    return responses.receipt_or_refusal(arrival, stored)


async def free_place(connection: Connection, reference: str) -> None:
    """Give back the places of a response that is about to be erased, if its survey has limits."""
    # Held until the end: who sets the first limit waits, and does not count what goes here.
    found_in = await connection.fetchrow(
        """
        SELECT i.slug, i.limited
          FROM responses r JOIN instruments i ON (i.slug, i.version) = (r.instrument, r.version)
         WHERE r.reference = $1 FOR SHARE OF i
        """,
        reference,
    )
    if found_in is None or not found_in["limited"]:
        return
    survey = found_in["slug"]
    await limits.lock(connection, {survey})
    # Read after the lock: somebody else may have erased it meanwhile.
    row = await connection.fetchrow(
        "SELECT version, area, answers FROM responses WHERE reference = $1", reference
    )
    if row is None:
        return
    instrument = (await instruments.load_versions(connection, survey))[survey, row["version"]]
    person = respondent_of(instrument, row["area"], row["answers"])
    quotas = await limits.load_quotas(connection, survey)
    await limits.add_to_quotas(
        connection, {quota.id: -1 for quota in quotas if is_counted(quota, person)}
    )


async def recount(connection: Connection, survey: str, versions: list[Instrument]) -> None:
    """Count the answers of every quota of a survey from what is stored."""
    # A response counts if, for each group of the quota, an option that it chose counts as the group
    # by the questions of its own version.
    await connection.execute(
        """
        WITH asked AS (
            SELECT * FROM unnest($2::int[], $3::text[], $4::text[], $5::text[], $6::text[])
                AS a (version, margin, kind, question, option)
        ), counted AS (
            SELECT q.id, count(r.id) AS answers
              FROM quotas q LEFT JOIN responses r
                ON r.instrument = q.survey AND (q.area IS NULL OR r.area = q.area)
               AND NOT EXISTS (
                       SELECT FROM jsonb_each_text(q.groups) g
                        WHERE NOT EXISTS (
                                  SELECT FROM asked a
                                   WHERE a.version = r.version AND a.margin = g.key
                                     AND a.kind = g.value AND r.answers ->> a.question = a.option))
             WHERE q.survey = $1 GROUP BY q.id
        )
        UPDATE quotas q SET answers = c.answers FROM counted c WHERE c.id = q.id
        """,
        survey,
        *asked_options(versions),
    )


def asked_options(versions: list[Instrument]) -> list[list[object]]:
    """One list per column: which options of which question count as a group, in each version."""
    rows: list[tuple[object, ...]] = [
        (instrument.version, margin, kind, instrument.margins()[margin].name, option)
        for instrument in versions
        for margin, groups in group_names(instrument).items()
        for kind, options in groups.items()
        for option in options
    ]
    return [[row[place] for row in rows] for place in range(5)]
