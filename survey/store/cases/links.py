"""SQL for what a case may belong with: cases about the same event or the same complaint again, and
published deployment counts as known on a day.
"""

import datetime

import msgspec

from survey.cases.complaints import CaseStatus
from survey.store.deployments import LAST_IMPORT, to_source_count
from survey.store.statements import SQL, many, many_by
from survey.store.themes.texts import shown_sql

MOST_NEARBY = 500  # cases of one borough within four weeks; the newest if there are more


class NearbyCase(msgspec.Struct, frozen=True):
    """A case with all its texts as shown, joined."""

    id: str
    words: str


@many(NearbyCase)
def load_nearby(complaint: str, *, most_nearby: int = MOST_NEARBY) -> SQL:
    """Cases of the same borough received within 14 days, with their texts as shown."""
    # What a person masked stays masked, whatever a later coding suggests.
    return f"""
        SELECT o.id::text,
               coalesce(string_agg({shown_sql("t.id")}, ' ' ORDER BY t.item), '') AS words
          FROM complaints c
          JOIN complaints o ON o.area = c.area AND o.id <> c.id
               AND o.received_at BETWEEN c.received_at - interval '14 days'
                                     AND c.received_at + interval '14 days'
          JOIN texts t ON t.complaint = o.id
         WHERE c.id = $complaint::uuid
         GROUP BY o.id ORDER BY o.received_at DESC, o.id LIMIT $most_nearby
        """  # noqa: S608 - only our own words


class SimilarCase(msgspec.Struct, frozen=True, kw_only=True):
    """A possible duplicate: its texts are alike, it is of the same campaign, or of the same place,
    time and kind.
    """

    id: str
    reference: str
    area: str
    status: CaseStatus
    received_at: datetime.datetime
    alike: bool
    campaign: bool
    event: bool


@many(SimilarCase)
def load_similar_cases(complaint: str, alike: list[str], limit: int) -> SQL:
    """Possible duplicates, the most similar first; `alike` are those with similar texts.

    A campaign that a person dismissed does not count.
    """
    # A case without a day of its event compares as NULL, which has to count as no.
    return """
        WITH same AS (
            SELECT DISTINCT t.complaint FROM campaign_members m JOIN texts t ON t.id = m.text
             WHERE m.campaign IN (
                   SELECT mine.campaign FROM campaign_members mine
                     JOIN campaigns k ON k.id = mine.campaign AND k.dismissed_at IS NULL
                     JOIN texts x ON x.id = mine.text WHERE x.complaint = $1::uuid)
        ), found AS (
            SELECT o.id, o.reference, o.area, o.status, o.received_at,
                   o.id = ANY($2::uuid[]) AS alike,
                   o.id IN (SELECT complaint FROM same) AS campaign,
                   coalesce(o.area = c.area AND abs(o.happened_on - c.happened_on) <= 3
                            AND EXISTS (SELECT FROM allegations a JOIN allegations b USING (kind)
                                         WHERE a.complaint = c.id AND b.complaint = o.id), false)
                       AS event
              FROM complaints c JOIN complaints o ON o.id <> c.id
             WHERE c.id = $1::uuid AND o.status <> 'merged'
        )
        SELECT id::text, reference, area, status, received_at, alike, campaign, event
          FROM found WHERE alike OR campaign OR event
         ORDER BY alike::int + campaign::int + event::int DESC, received_at DESC, id LIMIT $3
        """


@many_by(to_source_count)
def load_possible_counts(
    area: str,
    days: tuple[datetime.date, datetime.date],
    kinds: tuple[list[str], list[str]],
    *,
    as_of: datetime.date,
    most: int,
    limit: int,
    newest: int = LAST_IMPORT,
) -> SQL:
    """Counts of a borough whose period overlaps these days, of these measures and tactics.

    Only counts that point at few events: over a week at most, and up to `most`. From the newest
    file of each source; the shortest periods first, as they say most.
    """
    return """
        SELECT d.source, d.area, d.start_on, d.end_on, d.measure, d.tactic, d.category, d.count,
               import IN (SELECT id FROM imports WHERE origin = 'publisher') AS published
          FROM deployment_counts d
          JOIN standing_figures($6, $9) s
               USING (source, start_on, end_on, measure, import)
         WHERE d.area = $1 AND d.category = 'all' AND s.dimension = 'all'
           AND d.count BETWEEN 1 AND $7 AND d.end_on - d.start_on < 7
           AND d.start_on <= $3 AND d.end_on >= $2
           AND d.measure = ANY($4) AND d.tactic = ANY($5)
         ORDER BY d.end_on - d.start_on, d.start_on DESC, d.source, d.measure, d.tactic LIMIT $8
        """
