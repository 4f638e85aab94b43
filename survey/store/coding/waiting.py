"""SQL for what waits to be read or decided in coding."""

import msgspec

from survey.store.statements import SQL, only


class CodingWaiting(msgspec.Struct, frozen=True):
    """How much waits: proposals, texts for one person to code, texts that the two coders disagreed
    on, quotes that somebody else chose.

    `has_begun` is true if any text has been coded by two people.
    """

    proposals: int
    to_code: int
    disagreements: int
    quotes: int
    has_begun: bool


@only(CodingWaiting)
def load_waiting(account: str) -> SQL:
    """What waits in coding for this person."""
    # A disagreement is counted once both have coded: before, neither may learn of the other's code.
    return """
        SELECT (SELECT count(*) FROM proposals WHERE state = 'open') AS proposals,
               (SELECT count(*) FROM double_coding_texts t
                 CROSS JOIN LATERAL (
                       SELECT count(*) AS seats,
                              coalesce(bool_or(account = $1::uuid), false) AS mine
                         FROM labels WHERE text = t.text) l
                 WHERE l.seats < 2 AND NOT l.mine) AS to_code,
               (SELECT count(*) FROM labels first
                  JOIN labels second ON second.text = first.text AND second.seat = 2
                 WHERE first.seat = 1 AND first.label <> second.label
                   AND NOT EXISTS (SELECT FROM resolutions z WHERE z.text = first.text)
               ) AS disagreements,
               (SELECT count(*) FROM quotes
                 WHERE text IS NOT NULL AND approved_at IS NULL AND withdrawn_at IS NULL
                   AND proposed_by <> $1::uuid) AS quotes,
               EXISTS (SELECT FROM labels WHERE seat = 2) AS has_begun
        """
