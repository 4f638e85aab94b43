"""SQL for duplicates: cases that may be about the same event, or be the same complaint again."""

import datetime

import msgspec

from survey.cases.complaints import CaseStatus
from survey.store.statements import SQL, many

MOST_NEARBY = 500  # cases of one borough within four weeks; the newest if there are more


class NearbyCase(msgspec.Struct, frozen=True):
    """A case and all its texts as shown, in one."""

    id: str
    words: str


@many(NearbyCase)
def load_nearby(complaint: str, *, most_nearby: int = MOST_NEARBY) -> SQL:
    """Cases of the same borough received within 14 days, with their texts as shown."""
    # What a person masked stays masked, whatever a later coding suggests.
    return """
        SELECT o.id::text, coalesce(string_agg(w.redacted, ' ' ORDER BY t.item), '') AS words
          FROM complaints c
          JOIN complaints o ON o.area = c.area AND o.id <> c.id
               AND o.received_at BETWEEN c.received_at - interval '14 days'
                                     AND c.received_at + interval '14 days'
          JOIN texts t ON t.complaint = o.id
         CROSS JOIN LATERAL (
               SELECT coalesce((SELECT r.redacted FROM redactions r WHERE r.text = t.id
                                 ORDER BY r.number DESC LIMIT 1),
                               (SELECT d.redacted FROM codings d WHERE d.text = t.id
                                 ORDER BY d.codebook DESC, d.coded_at DESC LIMIT 1)) AS redacted) w
         WHERE c.id = $complaint::uuid
         GROUP BY o.id ORDER BY o.received_at DESC, o.id LIMIT $most_nearby
        """


class SimilarCase(msgspec.Struct, frozen=True, kw_only=True):
    """A case that may be the same: its texts are alike, it is of the same campaign, or of the same
    place, time and kind.
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
def load_candidates(complaint: str, alike: list[str], limit: int) -> SQL:
    """Cases that may be the same, the most similar first; `alike` are those with similar texts.

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
