"""Made-up work of the staff: texts coded blind, a codebook taught, a demand opened, quotes, and a
ledger of recommendations.
"""

import datetime
import uuid
from collections.abc import Mapping
from typing import NamedTuple

import msgspec

from api import clock
from api.jobs.texts import codebook_versions
from api.jobs.texts import double_coding as drawing
from api.jobs.texts import heads as reading
from api.jobs.texts.quotes import approve_quote
from demo.simulation import SimulatedCity
from demo.simulation.texts_and_subjects import SimulatedText, stream
from survey.editions.recommendations import (
    Decision,
    ForceAnswer,
    LedgerMeasure,
    Recommendation,
)
from survey.store.database import Connection
from survey.store.editions import recommendations
from survey.store.themes import campaigns, codebooks, demands, double_coding, quotes, texts
from survey.themes.codebook_edits import apply_edit, next_draft
from survey.themes.codebooks import CommentType, Exclude, Exemplify, Polarity, ThemeCode
from survey.themes.demands import CampaignCoding, Demand, Stance
from survey.themes.double_coding import CoderLabel
from survey.themes.quotes import quotable_spans, sentence_spans

SLIPS = 0.08
"""How often one of the two misses something: they agree as careful coders do."""
COMMENT_TYPES: dict[Polarity, CommentType] = {
    "positive": "praise",
    "negative": "complaint",
    "neutral": "suggestion",
}
EXAMPLES = 5
WHY = "Two people coded a quarter; what the machine misread there became examples."
# The lowest id: the cursor then leaves out every text of the day itself.
FIRST = "00000000-0000-0000-0000-000000000000"
MOST_TRIED = 20
FEWEST_LETTERS = 10  # smaller groups are twins by chance, and editions do not name them
LETTER_NAME = "no Taser in schools"
LETTER_WORDS = "inside our schools"
DEMAND = "No Taser in schools"
DEMAND_WORDS = (
    "in schools",
    "in a school",
    "in our school",
    "at school",
    "classroom",
    "school full",
)
LABELS_BY_CHANCE, LABELS_IN_TURN = 60, 40


class InventedRecommendation(NamedTuple):
    """What is made up of a recommendation; without words nobody has checked its wording."""

    title: str
    source: str
    words: str
    measures: tuple[LedgerMeasure, ...]
    is_condition: bool = False


UNDECIDED = Decision(status="open", reason="", decided_by="")
INSPECTORATE = "Made-up inspectorate, report on Tasers, recommendation {}"
AUTHORITY = "Made-up police authority, approval of the trial, condition {}"
TRIAL_WEEKS = 18
# Each with how many weeks ago it was made, its decision, and answers by weeks ago. Deployments and
# complaints keep their rates in the made-up city, so no recommendation changed them.
LEDGER = (
    (
        InventedRecommendation(
            "Tell residents why a Taser was drawn near them",
            INSPECTORATE.format(1),
            "The force should tell residents within a week why a Taser was drawn near them.",
            ("index", "complaints"),
        ),
        18,
        Decision(
            status="accepted",
            reason="The force accepted it and named a day. Letters are not sent yet.",
            decided_by="Working group",
        ),
        ((14, "We accept this."), (6, "Letters begin next spring.")),
    ),
    (
        InventedRecommendation(
            "Publish every use by borough within a month",
            INSPECTORATE.format(2),
            "Every use should be published by borough within a month.",
            ("deployments",),
        ),
        18,
        Decision(
            status="done",
            reason="Every month since was published in time.",
            decided_by="Working group",
        ),
        ((14, "We accept this, and have begun."),),
    ),
    (
        InventedRecommendation(
            "Send trained officers first to people in a mental health crisis",
            "Made-up inquiry into Tasers and mental health",
            "",
            (),
        ),
        14,
        UNDECIDED,
        (),
    ),
    (
        InventedRecommendation(
            "Supervisors talk with officers after each use",
            INSPECTORATE.format(3),
            "Supervisors should talk with the officer after each use.",
            (),
        ),
        18,
        Decision(
            status="unseen",
            reason="No figure or record that is public shows whether they talk.",
            decided_by="Working group",
        ),
        ((13, "We do this already."),),
    ),
    (
        InventedRecommendation(
            LETTER_NAME[0].upper() + LETTER_NAME[1:],
            "Made-up working group, meeting of the summer",
            "Tasers should not be carried in schools.",
            ("index",),
        ),
        16,
        Decision(
            status="rejected",
            reason="The force wrote that officers must be able to respond anywhere.",
            decided_by="Chair of the working group",
        ),
        ((12, "We cannot accept this."),),
    ),
    (
        InventedRecommendation(
            "Residents think no worse of the police because of the trial",
            AUTHORITY.format(1),
            "The trial ends if residents come to think worse of the police.",
            ("index",),
            is_condition=True,
        ),
        TRIAL_WEEKS,
        UNDECIDED,
        (),
    ),
    (
        InventedRecommendation(
            "Tasers are used no more often than in the months before",
            AUTHORITY.format(2),
            "The number of uses by residents does not rise.",
            ("deployments", "complaints"),
            is_condition=True,
        ),
        TRIAL_WEEKS,
        Decision(
            status="done",
            reason="Neither uses nor complaints rose more than chance explains.",
            decided_by="Working group",
        ),
        (),
    ),
    (
        InventedRecommendation(
            "Uses are published each week and each month",
            AUTHORITY.format(3),
            "The force publishes every use, each week and each month.",
            (),
            is_condition=True,
        ),
        TRIAL_WEEKS,
        Decision(
            status="done", reason="Every report came out in time.", decided_by="Working group"
        ),
        ((14, "We send the figures each Monday."),),
    ),
    (
        InventedRecommendation(
            "Officers with a Taser are trained again each year",
            AUTHORITY.format(4),
            "Every officer who carries a Taser is trained again each year.",
            (),
            is_condition=True,
        ),
        TRIAL_WEEKS,
        Decision(
            status="unseen",
            reason="The force keeps its training records to itself.",
            decided_by="Working group",
        ),
        (),
    ),
)


def intended_labels(world: SimulatedCity) -> dict[str, CoderLabel]:
    """The labels that each text of the simulation was written to have, keyed by the text's
    words.
    """
    voices = (*world.sampled, *world.volunteers, *world.complainants)
    return {voice.written.text: intended_label(voice.written) for voice in voices}


def intended_label(written: SimulatedText) -> CoderLabel:
    return CoderLabel(
        tone=written.tone,
        themes=tuple(sorted(written.themes)),
        comment_type=COMMENT_TYPES[written.tone],
    )


async def double_code(
    connection: Connection,
    truth: Mapping[str, CoderLabel],
    people: tuple[str, str],
    quarter: datetime.date,
    *,
    number: int,
) -> int:
    """Draw a quarter's sample and let two people code it; where they differ, the true label is
    taken.

    Returns how many texts were drawn.
    """
    drawn = await drawing.draw_sample(connection, quarter, seed=number)
    for place, person in enumerate(people):
        while text := await double_coding.find_next_text(connection, person):
            said = truth[await texts.get_body(connection, text.text)]
            # From the text, not from one sequence: its order follows the accounts' random ids.
            chance = stream(number, f"coder {place}, text {text.text}")
            if chance.random() < SLIPS:
                heard = (said.themes or ())[:1]
                said = CoderLabel(tone="neutral", themes=heard, comment_type="experience")
            await double_coding.insert_label(connection, text.text, said, by=person)
    for row in [
        disagreement
        for disagreement in await double_coding.load_disagreements(connection)
        if not disagreement.note
    ]:
        said = truth[await texts.get_body(connection, row.text)]
        await double_coding.insert_resolution(
            connection, row.text, said, "Read again together.", by=people[1]
        )
    return drawn


async def teach_codebook(connection: Connection, *, by: str) -> None:
    """Make texts whose theme the machine missed into examples of it, and texts that it put there
    wrongly into counterexamples; then apply the new version.
    """
    book = await codebooks.get_newest(connection)
    draft = next_draft(book)
    misread = await drawing.find_misread_texts(connection, book)
    for edit, texts_of_theme in ((Exemplify, misread.missed), (Exclude, misread.mistaken)):
        for theme, theme_texts in texts_of_theme.items():
            for _, words in theme_texts[:EXAMPLES]:
                draft = apply_edit(draft, edit(theme=theme, text=words))
    if draft.edits:
        await codebooks.save_draft(connection, draft, revision=0, by=by)
        await codebook_versions.accept_draft(connection, by=by, note=WHY)
        await codebook_versions.recode_all(connection)


async def fill_ledger(connection: Connection, *, by: str) -> None:
    """Enter made-up recommendations, what the made-up force answered, and what was decided."""
    today = clock.today()
    for what, made, decision, answers in LEDGER:
        day = today - datetime.timedelta(weeks=made)
        recommendation = Recommendation(
            title=what.title,
            words=what.words,
            read_on=day + datetime.timedelta(days=2) if what.words else None,
            source=what.source,
            address="",
            made_on=day,
            addressee="The made-up force",
            due=day + datetime.timedelta(weeks=26),
            since=day,
            measures=what.measures,
            is_condition=what.is_condition,
        )
        number = await recommendations.insert(connection, recommendation, UNDECIDED, by=by)
        if number is None:
            continue
        if decision != UNDECIDED:
            await recommendations.append(connection, number, 2, recommendation, decision, by=by)
        for weeks, words in answers:
            said_on = today - datetime.timedelta(weeks=weeks)
            answer = ForceAnswer(
                said_on=said_on, said_by="The made-up force", words=words, address=""
            )
            await recommendations.insert_answer(connection, number, answer, by=by)


async def choose_quote(
    connection: Connection, theme: str, before: datetime.date, *, by: str, approved_by: str
) -> None:
    """Propose one sentence on the theme, from a text received before this day, and have a second
    person approve it.
    """
    for text in await quotes.load_quotable(connection, theme, (before, FIRST), MOST_TRIED):
        source = await quotes.get_source(connection, text.id)
        codes = msgspec.convert(source.themes, list[ThemeCode])
        (code,) = (code for code in codes if code.theme == theme)
        spans, marked = quotable_spans(source.redacted, codes, theme)
        span = spans[0] if marked and code.end - code.start < len(source.redacted) else None
        if span:
            number = await quotes.insert(connection, source, theme, span, by=by)
            await approve_quote(connection, number, by=approved_by)
            return


async def code_campaigns(
    connection: Connection, truth: Mapping[str, CoderLabel], *, by: str, approved_by: str
) -> None:
    """Give each campaign the tone and themes that its letter was written to have, and a name.

    One sentence of each campaign is proposed and approved as a quote.
    """
    book = await codebooks.get_newest(connection)
    for campaign in await campaigns.load_all(connection):
        letters = await campaigns.load_quotable(connection, campaign.id, MOST_TRIED)
        if campaign.texts < FEWEST_LETTERS or not letters:
            continue
        said = truth[await texts.get_body(connection, letters[0].id)]
        themes = said.themes or ()
        coding = CampaignCoding(
            campaign=campaign.id,
            name=LETTER_NAME,
            tone=said.tone or "neutral",
            themes=themes,
            codebook=book.version,
        )
        await campaigns.insert_coding(connection, coding, after=campaign.decisions, by=by)
        source = await quotes.get_source(connection, letters[0].id)
        spans = sentence_spans(source.redacted)
        asks = (span for span in spans if LETTER_WORDS in source.redacted[slice(*span)])
        if themes and (span := next(asks, None)):
            number = await quotes.insert(connection, source, themes[0], span, by=by)
            await approve_quote(connection, number, by=approved_by)


def intended_stances(world: SimulatedCity) -> dict[str, Stance]:
    """The stance that each text of the simulation was written to have, keyed by the text's
    words.
    """
    voices = (*world.sampled, *world.volunteers, *world.complainants)
    return {voice.written.text: voice.written.stance for voice in voices}


async def open_demand(
    connection: Connection, truth: Mapping[str, Stance], *, number: int, by: str, reported_by: str
) -> None:
    """Open what the campaign asks for as a demand, label some of its texts and have it reported.

    The first texts to label are chosen by chance; after them, every other text is the one that
    teaches the machine most.
    """
    coded_campaigns = [
        campaign for campaign in await campaigns.load_all(connection) if campaign.coding
    ]
    demand = Demand(
        id=str(uuid.uuid5(uuid.NAMESPACE_OID, DEMAND)),
        sentence=DEMAND,
        themes=(),
        words=DEMAND_WORDS,
        codebook=(await codebooks.get_newest(connection)).version,
        campaign=coded_campaigns[0].id if coded_campaigns else None,
    )
    await demands.insert(connection, demand, seed=number, by=by)
    await demands.set_reported(connection, demand.id, by=reported_by)
    await reading.read_demand(connection, demand)
    for place in range(LABELS_BY_CHANCE + LABELS_IN_TURN):
        if place == LABELS_BY_CHANCE:
            await reading.read_demand(connection, demand)
        teaching = place >= LABELS_BY_CHANCE and place % 2 == 1
        text = await demands.find_next_text(connection, demand.id, by, teaching=teaching)
        if text is None:
            break
        said = truth[await texts.get_body(connection, text.text)]
        await demands.insert_stance_label(connection, demand.id, text.text, said, by=by)
    await reading.read_demand(connection, demand)
