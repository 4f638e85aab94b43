"""The hourly deletion of old data: marks of old requests and of answers from kiosks, drafts,
sessions, files without an answer, unconfirmed addresses, browsers that opened a case, old emails,
leftovers of jobs, old waves of asking people the police met, links from answers to closed surveys
to sample points, old messages of webhooks, and old hours of the service. It also adds up the counts
of texts.
"""

from survey.store import jobs
from survey.store.accounts import account_news, sessions, webhooks
from survey.store.cases import case_mails, case_owners, complaints
from survey.store.coding import codes
from survey.store.database import Connection
from survey.store.editions import mails, subscribers
from survey.store.encounters import waves
from survey.store.fieldwork import points
from survey.store.health import hours
from survey.store.surveys import attachments, responses, ways


async def delete_expired(connection: Connection, _: str) -> None:
    await responses.delete_request_marks(connection)
    await complaints.clear_request_marks(connection)
    await sessions.delete_expired(connection)
    await sessions.delete_expired_unsent_forms(connection)
    await account_news.delete_old(connection)
    await attachments.delete_expired(connection)
    await ways.delete_old_kiosk_marks(connection)
    await waves.end_overdue(connection)
    await points.delete_closed_links(connection)
    await subscribers.delete_unconfirmed(connection)
    await case_owners.delete_expired_keys(connection)
    await mails.delete_old(connection)
    await case_mails.expire_old(connection)
    await jobs.delete_leftovers(connection)
    await webhooks.delete_old_messages(connection)
    await hours.delete_old_hours(connection)
    await codes.fold_counts_if_free(connection)
