"""SQL for new ways into accounts: shown to their owners, and sent to them by email once."""

import datetime
from typing import Literal

import msgspec

from survey.store import statements as sql
from survey.store.editions.mails import MailResult

News = Literal["password", "link", "key"]


class AccountNews(msgspec.Struct, frozen=True):
    """What happened to an account, and on which day by local time."""

    news: News
    day: datetime.date


class AccountMail(AccountNews, frozen=True):
    """An email about what happened to an account, to its address."""

    id: int
    tries: int
    email: str


@sql.execute
def insert(account: str, news: News) -> sql.SQL:
    return "INSERT INTO account_news (account, news) VALUES ($1::uuid, $2)"


@sql.many(AccountNews)
def load_of(account: str) -> sql.SQL:
    """What happened to an account in the last 30 days, the newest first."""
    return """
        SELECT news, asked_at::date AS day
          FROM account_news
         WHERE account = $1::uuid AND asked_at > now() - interval '30 days'
         ORDER BY asked_at DESC, id DESC
        """


@sql.first(AccountMail)
def claim() -> sql.SQL:
    """Claim the next email that is due; once this is committed nobody claims it again."""
    # Where no email could be sent for two days, it would tell of old times.
    return """
        WITH taken AS (
            UPDATE account_news SET handed_at = now(), tries = tries + 1
             WHERE id = (SELECT id FROM account_news
                          WHERE handed_at IS NULL AND due_at <= now()
                            AND asked_at > now() - interval '48 hours'
                          ORDER BY due_at, id LIMIT 1 FOR UPDATE SKIP LOCKED)
            RETURNING *
        )
        SELECT t.id, t.tries, t.news, t.asked_at::date AS day,
               a.email
          FROM taken t JOIN accounts a ON a.id = t.account
        """


@sql.execute
def finish(mail: int, outcome: MailResult) -> sql.SQL:
    return "UPDATE account_news SET outcome = $2 WHERE id = $1"


@sql.execute
def retry_later(mail: int, delay: datetime.timedelta) -> sql.SQL:
    """Schedule an email that was certainly not accepted for another try later."""
    return "UPDATE account_news SET handed_at = NULL, due_at = now() + $2 WHERE id = $1"


@sql.execute
def delete_old() -> sql.SQL:
    return "DELETE FROM account_news WHERE asked_at < now() - interval '30 days'"
