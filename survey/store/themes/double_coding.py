"""SQL for double coding: samples with probabilities, two people's labels, and resolutions.

What a person sees before both have coded comes only from `find_next_text`, which reads nothing
that the machine assigned to the text.
"""

import datetime
from collections.abc import Sequence
from typing import NamedTuple

import asyncpg
import msgspec

from survey.store import statements as sql
from survey.store.answers import ORIGIN_SQL, RECEIVED_SQL, STREAM_SQL
from survey.store.database import Connection
from survey.store.themes.texts import LAST_FIRST, redaction_sql, shown_sql
from survey.surveys.item_types.answers import Answers
from survey.themes.codebooks import CommentType, Polarity, Sentiment
from survey.themes.double_coding import (
    CoderLabel,
    Purpose,
    final_label,
    text_already_coded,
    text_not_coded_twice,
)


class FrameText(msgspec.Struct, frozen=True, kw_only=True):
    """A text of the sampling frame with its last codes; `stratum`, `psu` and `probability` say how
    its writer was drawn for the survey.
    """

    text: str
    language: str
    stream: str
    stratum: str | None
    psu: str | None
    probability: float | None
    codebook: int
    tone: Polarity | None
    themes: list[str]


@sql.many(FrameText)
def load_frame(start: datetime.datetime, end: datetime.datetime, sampled: str) -> sql.SQL:
    """The sampling frame: every coded text received from start up to end.

    Of residents who were drawn only the texts of the survey named `sampled`.
    """
    # Of complaints r.mode is NULL, and <> would leave them out.
    return f"""
        SELECT DISTINCT ON (d.text) d.text::text AS text, d.language,
               {STREAM_SQL} AS stream,
               r.stratum, r.psu, r.probability, d.codebook, d.sentiment ->> 'label' AS tone,
               jsonb_path_query_array(d.themes, '$[*].theme') AS themes
          FROM codings d
          JOIN texts t ON t.id = d.text
          {ORIGIN_SQL}
         WHERE (coalesce(r.mode, 'open') = 'open' OR r.instrument = $3)
           AND {RECEIVED_SQL} >= $1 AND {RECEIVED_SQL} < $2
         ORDER BY d.text, d.codebook DESC, d.coded_at DESC, d.coder_version DESC
        """  # noqa: S608 - only our own words


class PickedText(NamedTuple):
    """A text that was drawn by chance, its stratum, and how likely it was to be drawn."""

    text: str
    stratum: str
    probability: float


@sql.boolean
def insert_sample(
    quarter: datetime.date,
    picks: Sequence[PickedText],
    *,
    teaching: Sequence[str] = (),
    seed: int,
    codebook: int,
    texts: int,
) -> sql.SQL:
    """Store the sample of a quarter, drawn from `texts`, and the texts chosen to teach; False if it
    was drawn before.
    """
    # Of two who draw at once the second picks nothing, because `drawn` is then empty.
    return """
        WITH drawn AS (
            INSERT INTO double_coding_samples (quarter, seed, codebook, texts)
            VALUES ($quarter, $seed, $codebook, $texts) ON CONFLICT DO NOTHING RETURNING quarter
        ), picked AS (
            INSERT INTO double_coding_texts (text, quarter, stratum, probability, purpose)
            SELECT p.text, drawn.quarter, p.stratum, p.probability, 'estimate'
              FROM drawn,
                   unnest($picks.text::uuid[], $picks.stratum::text[], $picks.probability::float[])
                   AS p (text, stratum, probability)
             UNION ALL
            SELECT p.text, drawn.quarter, NULL, NULL, 'teach'
              FROM drawn, unnest($teaching::uuid[]) AS p (text)
        )
        SELECT true FROM drawn
        """


@sql.boolean
def has_sample(quarter: datetime.date) -> sql.SQL:
    return "SELECT EXISTS (SELECT FROM double_coding_samples WHERE quarter = $1)"


@sql.values(list[datetime.date])
def load_quarters_to_draw(before: datetime.date) -> sql.SQL:
    """Quarters that began before a day with coded texts and no sample, the newest first."""
    # Quarter by quarter, each until its first text: to look at all texts took a second.
    return """
        SELECT q::date AS quarter
          FROM generate_series(
                   date_trunc('quarter', least((SELECT min(received_at) FROM responses),
                       (SELECT min(received_at) FROM complaints))),
                   $1::date - interval '1 day', interval '3 months') q
         WHERE NOT EXISTS (SELECT FROM double_coding_samples s WHERE s.quarter = q::date)
           AND (EXISTS (SELECT FROM responses r JOIN texts t ON t.response = r.id
                         WHERE NOT t.due AND r.received_at >= q
                           AND r.received_at < q + interval '3 months')
             OR EXISTS (SELECT FROM complaints c JOIN texts t ON t.complaint = c.id
                         WHERE NOT t.due AND c.received_at >= q
                           AND c.received_at < q + interval '3 months'))
         ORDER BY quarter DESC
        """


class SampleProgress(msgspec.Struct, frozen=True, kw_only=True):
    """The sample of a quarter, chosen from `frame` texts: how many this person has coded and has
    left, and how many are coded by one person and by two.
    """

    quarter: datetime.date
    codebook: int
    frame: int
    texts: int
    mine: int
    left_to_me: int
    once: int
    twice: int


@sql.many(SampleProgress)
def load_progress(account: str) -> sql.SQL:
    """Each sample with how many of its texts this person and two people have coded."""
    return """
        SELECT s.quarter, s.codebook, s.texts AS frame, count(t.text) AS texts,
               count(*) FILTER (WHERE l.mine) AS mine,
               count(*) FILTER (WHERE l.seats < 2 AND NOT l.mine) AS left_to_me,
               count(*) FILTER (WHERE l.seats = 1) AS once,
               count(*) FILTER (WHERE l.seats = 2) AS twice
          FROM double_coding_samples s
          JOIN double_coding_texts t USING (quarter)
          CROSS JOIN LATERAL (
                SELECT count(*) AS seats, coalesce(bool_or(account = $1::uuid), false) AS mine
                  FROM labels WHERE text = t.text) l
         GROUP BY s.quarter ORDER BY s.quarter DESC
        """


@sql.many_by(lambda row: (row["name"], row["texts"]))
def count_by_coder(quarter: datetime.date) -> sql.SQL:
    """Each coder of a quarter's sample with how many of its texts they have coded, by name."""
    return """
        SELECT a.name, count(*) AS texts
          FROM labels l JOIN double_coding_texts t USING (text) JOIN accounts a ON a.id = l.account
         WHERE t.quarter = $1 GROUP BY a.id, a.name ORDER BY a.name, a.id
        """


class TextToLabel(msgspec.Struct, frozen=True):
    """A redacted text of a sample, and the version of the codebook to label it with.

    `mine` is what this person said of it before, `seats` how many people have labelled it.
    """

    text: str
    quarter: datetime.date
    codebook: int
    redacted: str
    mine: CoderLabel | None
    seats: int


# By chance, so that the texts coded so far represent those of their stratum that are left. With a
# text it is that one, coded or not.
TO_LABEL = f"""
        SELECT t.text::text, s.quarter, s.codebook,
               {shown_sql("t.text")} AS redacted,
               (SELECT label FROM labels l
                 WHERE l.text = t.text AND l.account = $account::uuid) AS mine,
               (SELECT count(*) FROM labels l WHERE l.text = t.text) AS seats
          FROM double_coding_texts t JOIN double_coding_samples s USING (quarter)
         WHERE t.text = $text::uuid
            OR ($text::uuid IS NULL
                AND NOT EXISTS (SELECT FROM labels l
                                 WHERE l.text = t.text AND l.account = $account::uuid)
                AND (SELECT count(*) FROM labels l WHERE l.text = t.text) < 2)
         ORDER BY s.quarter DESC,
                  sha256(convert_to(s.seed::text || $account || t.text, 'UTF8')) LIMIT 1
"""  # noqa: S608 - only our own words


@sql.first(TextToLabel)
def find_next_text(account: str, *, text: str | None = None) -> sql.SQL:
    """A text for this person to code, newest sample first, in an order of their own."""
    return TO_LABEL


@sql.only(TextToLabel, text_not_coded_twice)
def get_text_to_label(text: str, account: str) -> sql.SQL:
    """A text of a sample as this person may see it; raises if it is in none."""
    return TO_LABEL


@sql.value_or_none(str)
def find_last_label(account: str) -> sql.SQL:
    """The text that this person labelled last, while nobody else has labelled it."""
    return """
        SELECT text FROM (
            SELECT l.text::text, (SELECT count(*) FROM labels o WHERE o.text = l.text) AS seats
              FROM labels l WHERE l.account = $1::uuid ORDER BY l.at DESC LIMIT 1) last
         WHERE seats = 1
        """


@sql.execute
def delete_own_label(text: str, *, by: str) -> sql.SQL:
    """Delete what a person said of a text, unless somebody else has labelled it too."""
    return """
        DELETE FROM labels l WHERE l.text = $1::uuid AND l.account = $2::uuid
           AND NOT EXISTS (SELECT FROM labels o WHERE o.text = l.text AND o.account <> l.account)
        """


async def insert_label(connection: Connection, text: str, label: CoderLabel, *, by: str) -> None:
    """Store a person's label; raises if they or two others have labelled the text before."""
    # The free seat: the first one may be empty again after its label was deleted.
    try:
        stored = await connection.fetchval(
            """
            INSERT INTO labels (text, account, seat, label)
            SELECT $1::uuid, $2::uuid, CASE WHEN bool_or(seat = 1) THEN 2 ELSE 1 END, $3
              FROM labels WHERE text = $1::uuid
            HAVING count(*) < 2 AND coalesce(bool_and(account <> $2::uuid), true)
            RETURNING true
            """,
            text,
            by,
            label,
        )
    # Of two people at once both count the same seat for theirs, and the second is stopped here.
    except asyncpg.UniqueViolationError:
        stored = None
    # The text is in no sample, or was erased while the person read it.
    except asyncpg.ForeignKeyViolationError:
        raise text_not_coded_twice() from None
    if stored is None:
        raise text_already_coded()


class LabelPair(msgspec.Struct, frozen=True, kw_only=True):
    """The labels of two people for one text with their names, and the resolution if they differ."""

    text: str
    quarter: datetime.date
    codebook: int
    first: CoderLabel
    second: CoderLabel
    first_by: str
    second_by: str
    resolution: CoderLabel | None
    note: str | None
    resolved_at: datetime.datetime | None
    resolved_by: str | None


# Inner joins on both seats, so that no label is seen before both people have coded.
PAIRS = """
        SELECT t.text::text, t.quarter, s.codebook, first.label AS first, second.label AS second,
               one.name AS first_by, other.name AS second_by,
               z.label AS resolution, z.note, z.at AS resolved_at, third.name AS resolved_by
          FROM double_coding_texts t JOIN double_coding_samples s USING (quarter)
          JOIN labels first ON first.text = t.text AND first.seat = 1
          JOIN labels second ON second.text = t.text AND second.seat = 2
          JOIN accounts one ON one.id = first.account
          JOIN accounts other ON other.id = second.account
          LEFT JOIN resolutions z ON z.text = t.text
          LEFT JOIN accounts third ON third.id = z.account
"""


@sql.many(LabelPair)
def load_disagreements() -> sql.SQL:
    """Texts that two people labelled differently, the unresolved ones first."""
    return f"""
        {PAIRS} WHERE first.label <> second.label
         ORDER BY z.at IS NOT NULL, t.quarter DESC, sha256(convert_to(t.text::text, 'UTF8'))
        """


@sql.only(LabelPair, text_not_coded_twice)
def get_pair(text: str) -> sql.SQL:
    """The labels of both people; raises until both have coded the text."""
    return f"{PAIRS} WHERE t.text = $1::uuid"


class MachineCoding(msgspec.Struct, frozen=True):
    """A redacted text and what the machine found in it."""

    redacted: str
    tone: Polarity | None
    comment_type: CommentType | None
    themes: list[str]


@sql.first(MachineCoding)
def find_machine_coding(text: str, codebook: int) -> sql.SQL:
    """A text with the machine's codes, for a page on which they may be seen."""
    return f"""
        SELECT coalesce({redaction_sql("codings.text")}, redacted) AS redacted,
               sentiment ->> 'label' AS tone, comment_type,
               jsonb_path_query_array(themes, '$[*].theme') AS themes
          FROM codings WHERE text = $1::uuid
         ORDER BY codebook = $2 DESC, {LAST_FIRST} LIMIT 1
        """  # noqa: S608 - only our own words


@sql.unique(text_already_coded)
@sql.execute
def insert_resolution(text: str, label: CoderLabel, note: str, *, by: str) -> sql.SQL:
    return """
        INSERT INTO resolutions (text, account, label, note)
        VALUES ($text::uuid, $by::uuid, $label, $note)
        """


class TwiceCodedText(msgspec.Struct, frozen=True, kw_only=True):
    """A text that two people coded, with its probabilities and the machine's codes.

    `drawn` and `coded` are how many texts of its stratum were drawn and are coded; `then` has the
    codes under the version that people used, `now` the last ones. A text chosen to teach has no
    stratum and no probability.
    """

    text: str
    quarter: datetime.date
    purpose: Purpose
    stratum: str | None
    probability: float | None
    codebook: int
    drawn: int
    coded: int
    first: CoderLabel
    second: CoderLabel
    resolution: CoderLabel | None
    stream: str
    area: str
    instrument: str
    version: int
    answers: Answers
    survey_stratum: str | None
    psu: str | None
    survey_probability: float | None
    language: str
    redacted: str
    now_codebook: int
    now_sentiment: Sentiment | None
    now_themes: list[str]
    then_codebook: int
    then_coder_version: str
    then_sentiment: Sentiment | None
    then_themes: list[str]

    @property
    def counts(self) -> CoderLabel | None:
        """The label that counts; None as long as the two labels differ and nobody has decided."""
        return final_label([self.first, self.second], self.resolution)

    @property
    def weight(self) -> float:
        """How many texts of its stratum this one represents: coding is in random order within a
        stratum. A text chosen to teach represents none.
        """
        return self.drawn / self.coded / self.probability if self.probability else 0.0


@sql.many(TwiceCodedText)
def load_coded_twice(codebook: int, purposes: Sequence[Purpose] = ("estimate",)) -> sql.SQL:
    """Every text that two people coded, of those drawn by chance unless others are asked for.

    `now` is its last codes up to version `codebook`. Only 'estimate' texts may enter a figure.
    """
    # The machine is judged under the codebook of the people, and corrected under today's.
    return f"""
        SELECT x.text::text, x.quarter, x.purpose, x.stratum, x.probability, s.codebook,
               (SELECT count(*) FROM double_coding_texts o
                 WHERE o.quarter = x.quarter AND o.stratum = x.stratum) AS drawn,
               count(*) OVER (PARTITION BY x.quarter, x.stratum) AS coded,
               first.label AS first, second.label AS second, z.label AS resolution,
               {STREAM_SQL} AS stream, coalesce(r.area, c.area) AS area,
               coalesce(r.instrument, c.instrument) AS instrument,
               coalesce(r.version, c.version) AS version, coalesce(r.answers, c.answers) AS answers,
               r.stratum AS survey_stratum, r.psu, r.probability AS survey_probability,
               n.language, n.redacted, n.codebook AS now_codebook, n.sentiment AS now_sentiment,
               jsonb_path_query_array(n.themes, '$[*].theme') AS now_themes,
               p.codebook AS then_codebook, p.coder_version AS then_coder_version,
               p.sentiment AS then_sentiment,
               jsonb_path_query_array(p.themes, '$[*].theme') AS then_themes
          FROM double_coding_texts x JOIN double_coding_samples s USING (quarter)
          JOIN labels first ON first.text = x.text AND first.seat = 1
          JOIN labels second ON second.text = x.text AND second.seat = 2
          LEFT JOIN resolutions z ON z.text = x.text
          JOIN texts t ON t.id = x.text
          {ORIGIN_SQL}
          CROSS JOIN LATERAL (
                SELECT * FROM codings WHERE text = x.text AND codebook <= $1
                 ORDER BY {LAST_FIRST} LIMIT 1) n
          CROSS JOIN LATERAL (
                SELECT * FROM codings WHERE text = x.text
                 ORDER BY codebook = s.codebook DESC, {LAST_FIRST} LIMIT 1) p
         WHERE x.purpose = ANY($2)
         ORDER BY x.quarter, x.text
        """  # noqa: S608 - only our own words
