"""SQL for campaigns: the texts to compare, the campaigns found, and people's dismissals."""

import datetime
from collections.abc import Sequence

import msgspec

from survey.coding.refusals import unknown_campaign
from survey.store.database import Connection
from survey.store.rows import load_structs

FoundCampaign = tuple[str, str, Sequence[str]]


class CampaignText(msgspec.Struct, frozen=True):
    """A redacted text with its day and the campaign that it was last found in."""

    id: str
    redacted: str
    campaign: str | None
    day: datetime.date


async def load_texts(
    connection: Connection, start: datetime.datetime, end: datetime.datetime
) -> list[CampaignText]:
    """Redacted texts of people who chose to write or complained, with the campaign of each.

    People who were drawn by chance are individual respondents: their texts are not compared.
    """
    # Of complaints r.mode is NULL, and <> would leave them out.
    return await load_structs(
        connection,
        CampaignText,
        """
        SELECT DISTINCT ON (t.id) t.id::text, d.redacted, m.campaign::text,
               (coalesce(r.received_at, c.received_at) AT TIME ZONE 'Europe/London')::date AS day
          FROM codings d
          JOIN texts t ON t.id = d.text
          LEFT JOIN responses r ON r.id = t.response
          LEFT JOIN complaints c ON c.id = t.complaint
          LEFT JOIN campaign_members m ON m.text = t.id
         WHERE r.mode IS DISTINCT FROM 'sampled'
           AND coalesce(r.received_at, c.received_at) >= $1
           AND coalesce(r.received_at, c.received_at) < $2
         ORDER BY t.id, d.codebook DESC, d.coded_at DESC, d.coder_version DESC
        """,
        start,
        end,
    )


async def save(connection: Connection, looked_at: list[str], found: list[FoundCampaign]) -> None:
    """Replace what was known of these texts' campaigns by what was found."""
    await connection.execute("DELETE FROM campaign_members WHERE text = ANY($1::uuid[])", looked_at)
    # A campaign that is found again keeps its row, and with it that a person dismissed it.
    await connection.executemany(
        """
        WITH kept AS (
            INSERT INTO campaigns (id, central) VALUES ($1, $2)
                ON CONFLICT (id) DO UPDATE SET central = excluded.central RETURNING id
        )
        INSERT INTO campaign_members (text, campaign)
        SELECT text, id FROM kept CROSS JOIN unnest($3::uuid[]) AS text
        """,
        found,
    )
    # Last, because one that is found again has no members for a moment.
    await connection.execute(
        """
        DELETE FROM campaigns WHERE NOT EXISTS
            (SELECT FROM campaign_members m WHERE m.campaign = campaigns.id)
        """
    )


class StoredCampaign(msgspec.Struct, frozen=True, kw_only=True):
    """A campaign with its most central text, unless that is erased, and its texts counted by
    stream, day and tone; `dismissed_by` is the name of who said that it is not a campaign.
    """

    id: str
    dismissed_at: datetime.datetime | None
    dismissed_by: str | None
    redacted: str | None
    texts: int
    streams: dict[str, int]
    days: dict[datetime.date, int]
    tones: dict[str, int]


async def load_all(connection: Connection) -> list[StoredCampaign]:
    """The campaigns, the largest first; those of which every text was erased are left out."""
    return await load_structs(
        connection,
        StoredCampaign,
        """
        WITH came AS (
            SELECT m.campaign, coalesce(r.mode, 'complaints') AS stream,
                   (coalesce(r.received_at, c.received_at) AT TIME ZONE 'Europe/London')::date
                       AS day
              FROM campaign_members m
              JOIN texts t ON t.id = m.text
              LEFT JOIN responses r ON r.id = t.response
              LEFT JOIN complaints c ON c.id = t.complaint
        ), daily AS (
            SELECT campaign, day, count(*) AS texts FROM came GROUP BY campaign, day
        ), streamed AS (
            SELECT campaign, stream, count(*) AS texts FROM came GROUP BY campaign, stream
        )
        SELECT k.id::text, k.dismissed_at, a.name AS dismissed_by,
               coalesce((SELECT r.redacted FROM redactions r WHERE r.text = k.central
                          ORDER BY r.number DESC LIMIT 1),
                        (SELECT d.redacted FROM codings d WHERE d.text = k.central
                          ORDER BY d.codebook DESC, d.coded_at DESC LIMIT 1)) AS redacted,
               (SELECT count(*) FROM came WHERE came.campaign = k.id) AS texts,
               (SELECT jsonb_object_agg(stream, s.texts) FROM streamed s WHERE s.campaign = k.id)
                   AS streams,
               (SELECT jsonb_object_agg(day, y.texts) FROM daily y WHERE y.campaign = k.id) AS days,
               (SELECT jsonb_object_agg(tone, n) FROM (
                    SELECT coalesce(d.sentiment ->> 'label', 'not_scored') AS tone, count(*) AS n
                      FROM campaign_members m CROSS JOIN LATERAL (
                            SELECT sentiment FROM codings d WHERE d.text = m.text
                             ORDER BY d.codebook DESC, d.coded_at DESC LIMIT 1) d
                     WHERE m.campaign = k.id GROUP BY 1) toned) AS tones
          FROM campaigns k LEFT JOIN accounts a ON a.id = k.dismissed_by
         WHERE EXISTS (SELECT FROM came WHERE came.campaign = k.id)
         ORDER BY k.dismissed_at IS NOT NULL, texts DESC, k.id
        """,
    )


async def count_texts(connection: Connection, first: datetime.date, last: datetime.date) -> int:
    """How many texts came on these days from people who chose to write or complained."""
    found: int = await connection.fetchval(
        """
        SELECT count(*) FROM texts t
          LEFT JOIN responses r ON r.id = t.response
          LEFT JOIN complaints c ON c.id = t.complaint
         WHERE r.mode IS DISTINCT FROM 'sampled'
           AND (coalesce(r.received_at, c.received_at) AT TIME ZONE 'Europe/London')::date
               BETWEEN $1 AND $2
        """,
        first,
        last,
    )
    return found


async def set_dismissed(connection: Connection, campaign: str, *, by: str | None) -> None:
    """Mark a campaign as dismissed by this account; with None, undo that."""
    found = await connection.fetchval(
        """
        UPDATE campaigns
           SET dismissed_by = $2, dismissed_at = CASE WHEN $2::uuid IS NOT NULL THEN now() END
         WHERE id = $1 RETURNING true
        """,
        campaign,
        by,
    )
    if not found:
        raise unknown_campaign()
