"""SQL for campaigns: the texts to compare, the campaigns found, and what people decided."""

import datetime
from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from survey.store import statements as sql
from survey.store.answers import ORIGIN_SQL, RECEIVED_SQL, STREAM_SQL
from survey.store.database import Connection
from survey.store.themes.quotes import QUOTABLE_SQL, QuotableText
from survey.store.themes.texts import last_coding_sql, shown_sql
from survey.themes.codebooks import Polarity
from survey.themes.demands import CampaignCoding
from survey.themes.refusals import changed_campaign, unknown_campaign


class FoundCampaign(NamedTuple):
    """A campaign: its central text, and all its texts with the likeness of each reworded one to the
    others (None if it has the same words).
    """

    id: str
    central: str
    texts: Sequence[str]
    likeness: Sequence[float | None]


class CampaignText(msgspec.Struct, frozen=True):
    """A redacted text with its day and the campaign that it was last found in.

    `vector` is of the whole text, as little-endian float16, if the wanted model made one.
    """

    id: str
    redacted: str
    campaign: str | None
    day: datetime.date
    vector: bytes | None


@sql.many(CampaignText)
def load_texts(start: datetime.datetime, end: datetime.datetime, reader: str) -> sql.SQL:
    """Redacted texts of people who chose to write or complained, with the campaign of each and its
    vector by the model `reader`.

    People who were drawn by chance are individual respondents: their texts are not compared.
    """
    # Of complaints r.mode is NULL, and <> would leave them out.
    return f"""
        SELECT DISTINCT ON (t.id) t.id::text, d.redacted, m.campaign::text,
               {RECEIVED_SQL}::date AS day,
               -- The first vector is that of the whole text.
               substring(p.vectors FOR length(p.vectors) / jsonb_array_length(p.spans)) AS vector
          FROM codings d
          JOIN texts t ON t.id = d.text
          {ORIGIN_SQL}
          LEFT JOIN campaign_members m ON m.text = t.id
          LEFT JOIN passages p ON p.text = t.id AND p.reader = $3
                              AND jsonb_array_length(p.spans) > 0
         WHERE coalesce(r.mode, 'open') = 'open'
           AND {RECEIVED_SQL} >= $1 AND {RECEIVED_SQL} < $2
         ORDER BY t.id, d.codebook DESC, d.coded_at DESC, d.coder_version DESC
        """  # noqa: S608 - only our own words


async def save(
    connection: Connection, looked_at: list[str], campaigns: list[FoundCampaign]
) -> None:
    """Replace what was known of these texts' campaigns by what was found.

    A campaign that a person decided on keeps its texts, even if too few are left to find it again:
    else the machine would code them.
    """
    await connection.execute(
        """
        DELETE FROM campaign_members m USING campaigns k
         WHERE k.id = m.campaign AND m.text = ANY($1::uuid[])
           AND (k.id = ANY($2::uuid[])
                OR k.dismissed_at IS NULL
                   AND NOT EXISTS (SELECT FROM campaign_codings d
                                    WHERE d.campaign = k.id AND d.undone_at IS NULL))
        """,
        looked_at,
        [campaign.id for campaign in campaigns],
    )
    # A campaign that is found again keeps its row, and with it that a person dismissed it.
    await connection.executemany(
        """
        WITH kept AS (
            INSERT INTO campaigns (id, central) VALUES ($1, $2)
                ON CONFLICT (id) DO UPDATE SET central = excluded.central RETURNING id
        )
        INSERT INTO campaign_members (text, campaign, likeness)
        SELECT text, id, likeness FROM kept
         CROSS JOIN unnest($3::uuid[], $4::real[]) AS member (text, likeness)
            ON CONFLICT (text) DO UPDATE
           SET campaign = excluded.campaign, likeness = excluded.likeness
        """,
        campaigns,
    )
    # Last, because one that is found again has no members for a moment.
    await connection.execute(
        """
        DELETE FROM campaigns WHERE NOT EXISTS
            (SELECT FROM campaign_members m WHERE m.campaign = campaigns.id)
        """
    )


class HeldCoding(msgspec.Struct, frozen=True, kw_only=True):
    """The decision that holds for a campaign, and who made it; `number` counts its decisions."""

    number: int
    name: str
    tone: Polarity
    themes: tuple[str, ...]
    codebook: int
    coded_by: str
    coded_at: datetime.datetime


class StoredCampaign(msgspec.Struct, frozen=True, kw_only=True):
    """A campaign with its most central text, unless that is erased, and its texts counted by
    stream, day, tone and theme, as the machine reads them.

    `dismissed_by` is the name of who said that it is not a campaign; `coding` is what a person
    decided for all its texts, and `decisions` how often somebody has, undone ones too. `reworded`
    counts texts in other words, and `likeness` is the mean over these.
    """

    id: str
    dismissed_at: datetime.datetime | None
    dismissed_by: str | None
    redacted: str | None
    texts: int
    reworded: int
    likeness: float | None
    streams: dict[str, int]
    days: dict[datetime.date, int]
    tones: dict[str, int]
    themes: dict[str, int] | None
    coding: HeldCoding | None
    decisions: int


CAMPAIGNS_SQL = f"""
    WITH came AS (
        SELECT m.campaign, {STREAM_SQL} AS stream,
               {RECEIVED_SQL}::date
                   AS day
          FROM campaign_members m
          JOIN texts t ON t.id = m.text
          {ORIGIN_SQL}
    ), daily AS (
        SELECT campaign, day, count(*) AS texts FROM came GROUP BY campaign, day
    ), streamed AS (
        SELECT campaign, stream, count(*) AS texts FROM came GROUP BY campaign, stream
    )
    SELECT k.id::text, k.dismissed_at, w.reworded, w.likeness, a.name AS dismissed_by,
           {shown_sql("k.central")} AS redacted,
           (SELECT count(*) FROM came WHERE came.campaign = k.id) AS texts,
           (SELECT jsonb_object_agg(stream, s.texts) FROM streamed s WHERE s.campaign = k.id)
               AS streams,
           (SELECT jsonb_object_agg(day, y.texts) FROM daily y WHERE y.campaign = k.id) AS days,
           (SELECT jsonb_object_agg(tone, n) FROM (
                SELECT coalesce(d.sentiment ->> 'label', 'not_scored') AS tone, count(*) AS n
                  FROM campaign_members m {last_coding_sql("m.text")}
                 WHERE m.campaign = k.id GROUP BY 1) toned) AS tones,
           (SELECT jsonb_object_agg(theme, n) FROM (
                SELECT theme ->> 'theme' AS theme, count(*) AS n
                  FROM campaign_members m {last_coding_sql("m.text")}
                 CROSS JOIN LATERAL jsonb_array_elements(d.themes) theme
                 WHERE m.campaign = k.id GROUP BY 1) spoken) AS themes,
           (SELECT to_jsonb(h) - 'campaign' FROM coded_campaigns h WHERE h.campaign = k.id)
               AS coding,
           (SELECT count(*) FROM campaign_codings p WHERE p.campaign = k.id) AS decisions
      FROM campaigns k LEFT JOIN accounts a ON a.id = k.dismissed_by
     CROSS JOIN LATERAL (
           SELECT count(m.likeness) AS reworded, avg(m.likeness) AS likeness
             FROM campaign_members m WHERE m.campaign = k.id) w
     WHERE EXISTS (SELECT FROM came WHERE came.campaign = k.id)
       AND ($1::uuid IS NULL OR k.id = $1)
     ORDER BY k.dismissed_at IS NOT NULL, texts DESC, k.id
"""  # noqa: S608 - only our own words


@sql.many(StoredCampaign)
def load_all(*, campaign: str | None = None) -> sql.SQL:
    """The campaigns, the largest first; those of which every text was erased are left out."""
    return CAMPAIGNS_SQL


@sql.only(StoredCampaign, unknown_campaign)
def get(campaign: str) -> sql.SQL:
    return CAMPAIGNS_SQL


@sql.many(CampaignCoding)
def load_codings(version: int) -> sql.SQL:
    """What people decided for campaigns under this version of the codebook or an older one."""
    return """
        SELECT campaign::text, name, tone, themes, codebook FROM coded_campaigns
         WHERE codebook <= $1 ORDER BY campaign
        """


@sql.first(CampaignCoding)
def find_coding_of_text(text: str) -> sql.SQL:
    """What a person decided for the campaign that a text belongs to."""
    return """
        SELECT campaign::text, name, tone, themes, codebook
          FROM coded_campaigns JOIN campaign_members USING (campaign) WHERE text = $1
        """


@sql.values(set[str])
def load_coded_texts() -> sql.SQL:
    return "SELECT m.text::text FROM campaign_members m JOIN coded_campaigns USING (campaign)"


@sql.many(QuotableText)
def load_quotable(campaign: str, limit: int) -> sql.SQL:
    """Texts of a campaign whose writers agreed to be quoted, those like the central text first."""
    return f"""
        {QUOTABLE_SQL}
           AND id IN (SELECT text FROM campaign_members WHERE campaign = $1)
         -- A text of its length has no sentences of the sender's own.
         ORDER BY abs(length(redacted) - (
                      SELECT min(length(d.redacted)) FROM codings d
                        JOIN campaigns k ON k.central = d.text AND k.id = $1)), id LIMIT $2
        """  # noqa: S608 - only our own constant


class ExampleText(msgspec.Struct, frozen=True):
    """A redacted text of a campaign; `likeness` as in `FoundCampaign`."""

    redacted: str
    likeness: float | None


@sql.many(ExampleText)
def load_examples(campaign: str, limit: int) -> sql.SQL:
    """Texts of a campaign to look at next to its central one: one in the same words, then reworded
    ones.

    The reworded ones are those least like the rest, as they may not belong to the campaign.
    """
    return f"""
        WITH texts AS (
            SELECT m.text, m.likeness, {shown_sql("m.text")} AS redacted,
                   row_number() OVER (PARTITION BY m.likeness IS NULL
                                      ORDER BY m.likeness, m.text) AS place
              FROM campaign_members m
             WHERE m.campaign = $1
               AND NOT EXISTS (SELECT FROM campaigns k WHERE k.central = m.text)
        )
        SELECT redacted, likeness FROM texts
         WHERE place <= CASE WHEN likeness IS NULL THEN 1 ELSE $2 END
         ORDER BY likeness NULLS FIRST, place
        """  # noqa: S608 - only our own words


@sql.require(changed_campaign)
def insert_coding(coding: CampaignCoding, *, after: int, by: str) -> sql.SQL:
    """Save what a person decided; raises if somebody else decided after number `after`."""
    return """
        INSERT INTO campaign_codings (campaign, number, name, tone, themes, codebook, coded_by)
        SELECT $coding.campaign::uuid, last + 1, $coding.name, $coding.tone, $coding.themes::jsonb,
               $coding.codebook, $by::uuid
          FROM (SELECT coalesce(max(number), 0) AS last FROM campaign_codings
                 WHERE campaign = $coding.campaign::uuid) before
         WHERE last = $after
            ON CONFLICT (campaign, number) DO NOTHING RETURNING number
        """


@sql.require(changed_campaign)
def undo_coding(campaign: str, number: int, *, by: str) -> sql.SQL:
    """Undo a decision: the one before it holds again, or the machine's reading."""
    return """
        UPDATE campaign_codings SET undone_by = $3, undone_at = now()
         WHERE campaign = $1 AND number = $2 AND undone_at IS NULL RETURNING true
        """


@sql.value(int)
def count_texts(first: datetime.date, last: datetime.date) -> sql.SQL:
    """How many texts came on these days from people who chose to write or complained."""
    return f"""
        SELECT count(*) FROM texts t
          {ORIGIN_SQL}
         WHERE coalesce(r.mode, 'open') = 'open'
           AND {RECEIVED_SQL}::date
               BETWEEN $1 AND $2
        """  # noqa: S608 - only our own words


@sql.require(unknown_campaign)
def set_dismissed(campaign: str, *, by: str | None) -> sql.SQL:
    """Mark a campaign as dismissed by this account; with None, undo that."""
    return """
        UPDATE campaigns
           SET dismissed_by = $2, dismissed_at = CASE WHEN $2::uuid IS NOT NULL THEN now() END
         WHERE id = $1 RETURNING true
        """
