"""SQL for demands: what is asked, and which texts are about it."""

import datetime
from collections.abc import Sequence

import asyncpg

from survey.coding.demands import Demand, existing_demand, unknown_demand
from survey.store.database import Connection
from survey.store.statements import SQL, load_structs, only, require, value_or_none

# Whether a text is a copy of the letter that the demand came from, and so is for it. One that only
# comes near it in other words may say the opposite.
OWN_SQL = """EXISTS (SELECT FROM demands q JOIN campaign_members m ON m.campaign = q.campaign
                       JOIN campaigns k ON k.id = m.campaign AND k.dismissed_at IS NULL
                      WHERE q.id = o.demand AND m.text = o.text AND m.likeness IS NULL)"""


class StoredDemand(Demand, frozen=True, kw_only=True):
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


async def load_all(connection: Connection) -> list[StoredDemand]:
    return await load_structs(connection, StoredDemand, DEMANDS_SQL, None)


@only(StoredDemand, unknown_demand)
def get(demand: str) -> SQL:
    return DEMANDS_SQL


@value_or_none(str)
def find_of_campaign(campaign: str) -> SQL:
    """The id of the demand that a campaign was opened as."""
    return "SELECT id::text FROM demands WHERE campaign = $1::uuid ORDER BY opened_at LIMIT 1"


async def insert(connection: Connection, demand: Demand, *, seed: int, by: str) -> None:
    """Store a demand; raises if there is one with this sentence."""
    try:
        await connection.execute(
            """
            INSERT INTO demands (id, sentence, themes, words, codebook, campaign, seed, opened_by)
            VALUES ($1::uuid, $2, $3::jsonb, $4::jsonb, $5, $6::uuid, $7, $8::uuid)
            """,
            demand.id,
            demand.sentence,
            list(demand.themes),
            list(demand.words),
            demand.codebook,
            demand.campaign,
            seed,
            by,
        )
    except asyncpg.UniqueViolationError:
        raise existing_demand() from None


@require(unknown_demand)
def set_reported(demand: str, *, by: str | None) -> SQL:
    """Let editions report a demand, as this account decided; with None, no longer."""
    return """
        UPDATE demands
           SET reported_by = $2, reported_at = CASE WHEN $2::uuid IS NOT NULL THEN now() END
         WHERE id = $1::uuid RETURNING true
        """


ABOUT_SQL = """
    WITH q AS (SELECT * FROM demands WHERE id = $1::uuid), read AS (
        SELECT DISTINCT ON (d.text) d.text, d.redacted, d.themes, d.language
          FROM codings d
          JOIN texts t ON t.id = d.text
          LEFT JOIN responses r ON r.id = t.response
          LEFT JOIN complaints c ON c.id = t.complaint
         WHERE (coalesce(r.mode, 'open') = 'open' OR r.instrument = $2)
           AND coalesce(r.received_at, c.received_at) >= $3
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
"""


async def find_texts(
    connection: Connection,
    demand: Demand,
    themes: Sequence[str],
    *,
    sampled: str,
    since: datetime.datetime,
) -> None:
    """Store which English texts received from `since` on are about a demand, and drop the others.

    `themes` are all ids that count as one of the demand's themes today. Of sampled texts only those
    of the survey named `sampled`.
    """
    await connection.execute(
        ABOUT_SQL,
        demand.id,
        sampled,
        since,
        list(themes),
        demand.pattern(),
    )
