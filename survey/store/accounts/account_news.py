"""SQL for new ways into accounts: shown to their owners, and sent to them by email once."""

import datetime
from typing import Literal

import msgspec

from survey.store.database import Connection
from survey.store.editions.mails import MailResult
from survey.store.rows import find_struct, load_structs

News = Literal["password", "link", "key"]


class AccountNews(msgspec.Struct, frozen=True):
    """What happened to an account, and on which day by London time."""

    news: News
    day: datetime.date


class AccountMail(AccountNews, frozen=True):
    """An email about it, to the address of the account."""

    id: int
    tries: int
    email: str


async def insert(connection: Connection, account: str, news: News) -> None:
    await connection.execute(
        "INSERT INTO account_news (account, news) VALUES ($1::uuid, $2)", account, news
    )


async def load_of(connection: Connection, account: str) -> list[AccountNews]:
    """What happened to an account in the last 30 days, the newest first."""
    return await load_structs(
        connection,
        AccountNews,
        """
        SELECT news, (asked_at AT TIME ZONE 'Europe/London')::date AS day
          FROM account_news
         WHERE account = $1::uuid AND asked_at > now() - interval '30 days'
         ORDER BY asked_at DESC, id DESC
        """,
        account,
    )


async def claim(connection: Connection) -> AccountMail | None:
    """Claim the next email that is due; once this is committed nobody claims it again."""
    # Where no email could be sent for two days, it would tell of old times.
    return await find_struct(
        connection,
        AccountMail,
        """
        WITH taken AS (
            UPDATE account_news SET handed_at = now(), tries = tries + 1
             WHERE id = (SELECT id FROM account_news
                          WHERE handed_at IS NULL AND due_at <= now()
                            AND asked_at > now() - interval '48 hours'
                          ORDER BY due_at, id LIMIT 1 FOR UPDATE SKIP LOCKED)
            RETURNING *
        )
        SELECT t.id, t.tries, t.news, (t.asked_at AT TIME ZONE 'Europe/London')::date AS day,
               a.email
          FROM taken t JOIN accounts a ON a.id = t.account
        """,
    )


async def finish(connection: Connection, mail: int, outcome: MailResult) -> None:
    await connection.execute("UPDATE account_news SET outcome = $2 WHERE id = $1", mail, outcome)


async def retry_later(connection: Connection, mail: int, delay: datetime.timedelta) -> None:
    """Schedule an email that was certainly not accepted for another try later."""
    await connection.execute(
        "UPDATE account_news SET handed_at = NULL, due_at = now() + $2 WHERE id = $1", mail, delay
    )


async def delete_old(connection: Connection) -> None:
    await connection.execute("DELETE FROM account_news WHERE asked_at < now() - interval '30 days'")
