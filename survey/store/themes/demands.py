"""SQL for demands, and for stances: what people said of the texts about one, and what the machine
read.

What a person sees before labelling comes only from `find_next_text` and `get_text`, which read
nothing that the machine assigned to the text.
"""

import datetime
from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from survey.store import statements as sql
from survey.store.answers import ORIGIN_SQL, RECEIVED_SQL, STREAM_SQL
from survey.store.database import Connection
from survey.store.themes.texts import last_coding_sql, shown_sql
from survey.themes import demands
from survey.themes.codebooks import Passages, Sentiment

# Whether a text is a copy of the letter that the demand came from, and so is for it. One that only
# comes near it in other words may say the opposite.
OWN_SQL = """EXISTS (SELECT FROM demands q JOIN campaign_members m ON m.campaign = q.campaign
                       JOIN campaigns k ON k.id = m.campaign AND k.dismissed_at IS NULL
                      WHERE q.id = o.demand AND m.text = o.text AND m.likeness IS NULL)"""


class StoredDemand(demands.Demand, frozen=True, kw_only=True):
    """A demand with how many texts are about it, how many of them are of its own campaign, how many
    a person labelled; `reported_by` if editions report it.
    """

    opened_by: str
    opened_at: datetime.datetime
    reported_by: str | None
    texts: int
    own: int
    labelled: int


DEMANDS_SQL = f"""
    SELECT q.id::text, q.sentence, q.themes, q.words, q.codebook, q.campaign::text,
           a.name AS opened_by, q.opened_at, b.name AS reported_by,
           (SELECT count(*) FROM demand_texts o WHERE o.demand = q.id) AS texts,
           (SELECT count(*) FROM demand_texts o WHERE o.demand = q.id AND {OWN_SQL}) AS own,
           (SELECT count(*) FROM demand_texts o JOIN held_stance_labels h USING (demand, text)
             WHERE o.demand = q.id) AS labelled
      FROM demands q
      JOIN accounts a ON a.id = q.opened_by
      LEFT JOIN accounts b ON b.id = q.reported_by
     WHERE $1::uuid IS NULL OR q.id = $1
     ORDER BY q.opened_at DESC, q.id
"""  # noqa: S608 - only our own constant


@sql.many(StoredDemand)
def load_all(*, demand: str | None = None) -> sql.SQL:
    return DEMANDS_SQL


@sql.only(StoredDemand, demands.unknown_demand)
def get(demand: str) -> sql.SQL:
    return DEMANDS_SQL


@sql.value_or_none(str)
def find_of_campaign(campaign: str) -> sql.SQL:
    """The id of the demand that a campaign was opened as."""
    return "SELECT id::text FROM demands WHERE campaign = $1::uuid ORDER BY opened_at LIMIT 1"


@sql.unique(demands.existing_demand)
@sql.execute
def insert(demand: demands.Demand, *, seed: int, by: str) -> sql.SQL:
    """Store a demand; raises if there is one with this sentence."""
    return """
        INSERT INTO demands (id, sentence, themes, words, codebook, campaign, seed, opened_by)
        VALUES ($demand.id::uuid, $demand.sentence, $demand.themes::jsonb, $demand.words::jsonb,
                $demand.codebook, $demand.campaign::uuid, $seed, $by::uuid)
        """


@sql.require(demands.unknown_demand)
def set_reported(demand: str, *, by: str | None) -> sql.SQL:
    """Let editions report a demand, as this account decided; with None, no longer."""
    return """
        UPDATE demands
           SET reported_by = $2, reported_at = CASE WHEN $2::uuid IS NOT NULL THEN now() END
         WHERE id = $1::uuid RETURNING true
        """


@sql.execute
def find_texts(
    demand: str, *, sampled: str, since: datetime.datetime, themes: Sequence[str], words: str
) -> sql.SQL:
    """Store which English texts received from `since` on are about a demand, and drop the others.

    `themes` are all ids that count as one of the demand's themes today, and `words` its pattern. Of
    sampled texts only those of the survey named `sampled`.
    """
    return f"""
    WITH q AS (SELECT * FROM demands WHERE id = $1::uuid), read AS (
        SELECT DISTINCT ON (d.text) d.text, d.redacted, d.themes, d.language
          FROM codings d
          JOIN texts t ON t.id = d.text
          {ORIGIN_SQL}
         WHERE (coalesce(r.mode, 'open') = 'open' OR r.instrument = $2)
           AND {RECEIVED_SQL} >= $3
         ORDER BY d.text, d.codebook DESC, d.coded_at DESC, d.coder_version DESC
    ), about AS (
        SELECT q.id AS demand, q.seed, read.text FROM read CROSS JOIN q
          LEFT JOIN campaign_members m ON m.text = read.text
          LEFT JOIN campaigns k ON k.id = m.campaign AND k.dismissed_at IS NULL
         WHERE read.language LIKE 'en%'
           AND (k.id = q.campaign
                OR (cardinality($4::text[]) > 0 OR $5 <> '')
               AND (cardinality($4::text[]) = 0
                    OR EXISTS (SELECT FROM jsonb_array_elements(read.themes) one
                                WHERE one ->> 'theme' = ANY($4::text[])))
               AND ($5 = '' OR read.redacted ~* $5))
    ), gone AS (
        DELETE FROM demand_texts o USING q
         WHERE o.demand = q.id AND NOT EXISTS (SELECT FROM about WHERE about.text = o.text)
    )
    INSERT INTO demand_texts (demand, text, chance)
    -- The first four bytes of a hash, so that the place of a text never changes.
    SELECT demand, text,
           (('x' || encode(substr(sha256(convert_to(seed::text || text::text, 'UTF8')), 1, 4),
                           'hex'))::bit(32)::bigint / 4294967296.0)::double precision
      FROM about
        ON CONFLICT DO NOTHING
"""  # noqa: S608 - only our own words


# How many texts are first in line, so that people who label at once rarely get the same one.
IN_LINE = 3
SHOWN_SQL = shown_sql("o.text")


class TextOfDemand(msgspec.Struct, frozen=True):
    """A redacted text that is about a demand."""

    text: str
    redacted: str


@sql.first(TextOfDemand)
def find_next_text(demand: str, account: str, *, teaching: bool, in_line: int = IN_LINE) -> sql.SQL:
    """The next text for this person to label: the next in random order, or, if `teaching`, one that
    teaches most.

    The texts of which the machine is least sure teach most; None if it has read none of those left.
    Texts of the demand's own campaign are not asked about.
    """
    return f"""
        SELECT text::text, {SHOWN_SQL} AS redacted FROM (
            SELECT * FROM demand_texts o
             WHERE o.demand = $1::uuid AND (NOT $3 OR o.stance IS NOT NULL)
               AND NOT EXISTS (SELECT FROM stance_labels l
                                WHERE l.demand = o.demand AND l.text = o.text)
               AND NOT {OWN_SQL}
             ORDER BY CASE WHEN $3 THEN o.sureness ELSE o.chance END, o.text LIMIT $4) o
         -- With the number of labels, so that no text stays in line for ever: there the random part
         -- would end.
         ORDER BY sha256(convert_to($2 || o.text::text || (
                SELECT count(*) FROM stance_labels l WHERE l.demand = $1::uuid), 'UTF8')) LIMIT 1
        """  # noqa: S608 - only our own constants


@sql.only(TextOfDemand, demands.unknown_demand_text)
def get_text(demand: str, text: str) -> sql.SQL:
    """A text about a demand, without what anybody said of it."""
    return f"""
        SELECT o.text::text, {SHOWN_SQL} AS redacted FROM demand_texts o
         WHERE o.demand = $1::uuid AND o.text = $2::uuid
        """  # noqa: S608 - only our own constant


async def insert_stance_label(
    connection: Connection, demand: str, text: str, stance: demands.Stance, *, by: str
) -> int:
    """Store a person's label of a text, next to earlier ones; returns how many labels of the demand
    there are now.
    """
    await get_text(connection, demand, text)
    await connection.execute(
        """
        INSERT INTO stance_labels (demand, text, number, stance, account)
        SELECT $1::uuid, $2::uuid, coalesce(max(number), 0) + 1, $3, $4::uuid
          FROM stance_labels WHERE demand = $1::uuid AND text = $2::uuid
            ON CONFLICT (demand, text, number) DO NOTHING
        """,
        demand,
        text,
        stance,
        by,
    )
    number: int = await connection.fetchval(
        "SELECT count(*) FROM stance_labels WHERE demand = $1::uuid", demand
    )
    return number


class LabelledText(msgspec.Struct, frozen=True):
    """A text as a person labelled it last."""

    text: str
    redacted: str
    stance: demands.Stance
    by: str
    at: datetime.datetime


@sql.many(LabelledText)
def load_last_labels(demand: str, limit: int) -> sql.SQL:
    """The texts about a demand that people labelled last."""
    return f"""
        SELECT o.text::text, {SHOWN_SQL} AS redacted, h.stance, a.name AS by, h.at
          FROM demand_texts o JOIN held_stance_labels h USING (demand, text)
          JOIN accounts a ON a.id = h.account
         WHERE o.demand = $1::uuid ORDER BY h.at DESC, o.text LIMIT $2
        """  # noqa: S608 - only our own constant


class ReadableText(msgspec.Struct, frozen=True, kw_only=True):
    """A text about a demand with what the machine read of it, and its label if a person gave one.

    `drawn` if it comes before the first text without a label in the random order.
    """

    text: str
    redacted: str
    sentiment: Sentiment | None
    reader: str
    spans: tuple[tuple[int, int], ...]
    vectors: bytes
    stance: demands.Stance | None = None
    drawn: bool = False

    @property
    def passages(self) -> Passages:
        return Passages(reader=self.reader, spans=self.spans, vectors=self.vectors)


READ_SQL = f"""
      FROM demand_texts o
      JOIN passages p ON p.text = o.text AND p.reader = $2
     {last_coding_sql("o.text")}
"""


@sql.many(ReadableText)
def load_labelled(demand: str, reader: str) -> sql.SQL:
    """The texts about a demand that people labelled and this model encoded, in random order."""
    return f"""
        SELECT o.text::text, d.redacted, d.sentiment, p.reader, p.spans, p.vectors, h.stance,
               o.chance < coalesce(u.chance, 1) AS drawn
        {READ_SQL}
          JOIN held_stance_labels h ON h.demand = o.demand AND h.text = o.text
         CROSS JOIN (SELECT min(o.chance) AS chance FROM demand_texts o
                      WHERE o.demand = $1::uuid AND NOT {OWN_SQL}
                        AND NOT EXISTS (SELECT FROM stance_labels l
                                         WHERE l.demand = o.demand AND l.text = o.text)) u
         WHERE o.demand = $1::uuid ORDER BY o.chance, o.text
        """  # noqa: S608 - only our own constants


@sql.many(ReadableText)
def load_unread(demand: str, reader: str, labels: int, limit: int) -> sql.SQL:
    """Texts about a demand that this model encoded and the head of `labels` labels has not read."""
    return f"""
        SELECT o.text::text, d.redacted, d.sentiment, p.reader, p.spans, p.vectors
        {READ_SQL}
         WHERE o.demand = $1::uuid AND o.labels IS DISTINCT FROM $3
         ORDER BY o.text LIMIT $4
        """  # noqa: S608 - only our own constants


class ReadStance(NamedTuple):
    """The stance that a head read in a text, and how sure it is."""

    text: str
    stance: demands.Stance
    sureness: float


@sql.execute
def save_stances(demand: str, labels: int, rows: Sequence[ReadStance]) -> sql.SQL:
    """Store the stances that the head of `labels` labels read."""
    return """
        UPDATE demand_texts o SET stance = n.stance, sureness = n.sureness, labels = $labels
          FROM unnest($rows.text::uuid[], $rows.stance::text[], $rows.sureness::float[])
            AS n (text, stance, sureness)
         WHERE o.demand = $demand::uuid AND o.text = n.text
        """


@sql.value(int)
def count_stance_labels(demand: str) -> sql.SQL:
    """How many labels were given for a demand, those that later ones replaced too."""
    return "SELECT count(*) FROM stance_labels WHERE demand = $1::uuid"


async def insert_stance_head(
    connection: Connection, demand: str, reading: demands.StanceReading
) -> None:
    """Store how well a head reads. Heads learned from as many labels or more are deleted: they used
    labels that have been erased since, so their texts are read again.
    """
    await connection.execute(
        "DELETE FROM stance_heads WHERE demand = $1::uuid AND labels >= $2", demand, reading.labels
    )
    await connection.execute(
        """
        UPDATE demand_texts SET stance = NULL, sureness = NULL, labels = NULL
         WHERE demand = $1::uuid AND labels >= $2
        """,
        demand,
        reading.labels,
    )
    await connection.execute(
        "INSERT INTO stance_heads (demand, labels, reading) VALUES ($1::uuid, $2, $3)",
        *(demand, reading.labels, reading),
    )


@sql.value_or_none(demands.StanceReading)
def find_stance_head(demand: str) -> sql.SQL:
    """How well the newest head of a demand reads; None before there is one."""
    return "SELECT reading FROM stance_heads WHERE demand = $1::uuid ORDER BY labels DESC LIMIT 1"


class StanceText(msgspec.Struct, frozen=True, kw_only=True):
    """A text about a demand with its random place, what the machine read and a person said.

    `own` if it is of the demand's own campaign; the other columns say where it comes from and how
    its writer was drawn.
    """

    stream: str
    stratum: str | None
    psu: str | None
    probability: float | None
    campaign: str | None
    own: bool
    chance: float
    read: demands.Stance | None
    said: demands.Stance | None


@sql.many(StanceText)
def load_stance_texts(demand: str, start: datetime.datetime, end: datetime.datetime) -> sql.SQL:
    """The texts about a demand that were received from `start` up to `end`, in random order."""
    return f"""
        SELECT {STREAM_SQL} AS stream,
               r.stratum, r.psu, r.probability, k.id::text AS campaign, {OWN_SQL} AS own,
               o.chance, o.stance AS read, h.stance AS said
          FROM demand_texts o
          JOIN texts t ON t.id = o.text
          {ORIGIN_SQL}
          LEFT JOIN campaign_members m ON m.text = o.text
          LEFT JOIN campaigns k ON k.id = m.campaign AND k.dismissed_at IS NULL
          LEFT JOIN held_stance_labels h ON h.demand = o.demand AND h.text = o.text
         WHERE o.demand = $1::uuid
           AND {RECEIVED_SQL} >= $2 AND {RECEIVED_SQL} < $3
         ORDER BY o.chance, o.text
        """  # noqa: S608 - only our own constant
