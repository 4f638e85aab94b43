"""SQL for staff: accounts, sign-in links, and the audit log of what they did."""

import datetime
from typing import Literal, get_args

import msgspec

from survey.problems import Conflict, Forbidden, NotFound
from survey.store import statements as sql

Role = Literal["organiser", "reviewer", "administrator", "statistician", "scrutineer"]
ROLES: tuple[Role, ...] = get_args(Role)
ACCOUNT_SQL = "SELECT id::text, email, name, role, active, made_at, password_hash FROM accounts"

unknown_account = NotFound.of("account.unknown", "There is no such account.", "Look at the list.")
existing_account = Conflict.of(
    "account.exists", "There is already an account for {email}.", "Use another address."
)
closed_account = Conflict.of("account.closed", "This account is closed.", "Open it again first.")
own_account = Forbidden.of(
    "account.own",
    "You cannot change your own role or close your own account.",
    "Ask another administrator.",
)


def cases_to_hand_over(name: str, many: int) -> Conflict:
    cases = f"{many} open {'case' if many == 1 else 'cases'}"
    return Conflict(
        "account.has_cases",
        f"{name} handles {cases}.",
        "Choose who takes over the open cases, or put them back in the inbox for anybody.",
    )


# To ask first would not stop two who add the same address at once; the index does.
@sql.unique(existing_account)
@sql.value(str)
def insert(email: str, name: str, role: str, password_hash: str | None) -> sql.SQL:
    return """
        INSERT INTO accounts (email, name, role, password_hash)
        VALUES (lower($1), $2, $3, $4) RETURNING id::text
        """


class Person(msgspec.Struct, frozen=True):
    """A person who works here."""

    id: str
    email: str
    name: str
    role: Role

    def may(self, *roles: Role) -> bool:
        return self.role == "administrator" or self.role in roles


class Account(Person, frozen=True):
    """A person's account, open or closed."""

    active: bool
    made_at: datetime.datetime


class AccountWithPassword(Account, frozen=True):
    """An account with the hash of its password, if it has one."""

    password_hash: str | None


@sql.first(AccountWithPassword)
def by_email(email: str) -> sql.SQL:
    return f"{ACCOUNT_SQL} WHERE email = lower($1)"


@sql.many(Account)
def load_all() -> sql.SQL:
    return "SELECT id::text, email, name, role, active, made_at FROM accounts ORDER BY email"


class AccountCounts(msgspec.Struct, frozen=True):
    """How many accounts are open, and how many of these nobody has set a password for."""

    open: int
    without_password: int


@sql.only(AccountCounts)
def count_accounts() -> sql.SQL:
    return """
        SELECT count(*) AS open, count(*) FILTER (WHERE password_hash IS NULL) AS without_password
          FROM accounts WHERE active
        """


@sql.boolean
def set_password(email: str, password_hash: str) -> sql.SQL:
    return "UPDATE accounts SET password_hash = $2 WHERE email = lower($1) RETURNING true"


@sql.boolean
def set_active(email: str, *, active: bool) -> sql.SQL:
    return "UPDATE accounts SET active = $2 WHERE email = lower($1) RETURNING true"


@sql.boolean
def set_role(email: str, role: str) -> sql.SQL:
    return "UPDATE accounts SET role = $2 WHERE email = lower($1) RETURNING true"


@sql.execute
def insert_link(key_digest: bytes, account: str, expires_at: datetime.datetime) -> sql.SQL:
    return "INSERT INTO sign_in_links (key_digest, account, expires_at) VALUES ($1, $2::uuid, $3)"


@sql.value_or_none(str)
def use_link(key_digest: bytes) -> sql.SQL:
    """Use up a sign-in link; return its account if the link was still valid."""
    # The deletion locks the row: of two who open the link at once only one gets in.
    return """
        WITH used AS (DELETE FROM sign_in_links WHERE key_digest = $1 RETURNING account, expires_at)
        SELECT a.id::text FROM used JOIN accounts a ON a.id = used.account
         WHERE used.expires_at > now() AND a.active
        """


@sql.execute
def append_audit(act: str, subject: str, *, by: str | None, detail: object = None) -> sql.SQL:
    """Append a line to the audit log: who did what; it never changes."""
    return """
        INSERT INTO audit (account, act, subject, detail)
        VALUES ($by::uuid, $act, $subject, coalesce($detail::jsonb, '{}'))
        """


@sql.first(AccountWithPassword)
def get(ident: str) -> sql.SQL:
    """An account, active or not; None if there is none."""
    return f"{ACCOUNT_SQL} WHERE id = $1::uuid"


@sql.boolean
def has_other_reviewers(ident: str) -> sql.SQL:
    """True if another active account may review and publish."""
    # Nobody publishes what they reviewed, unless there is nobody else who could.
    return """
        SELECT EXISTS (SELECT FROM accounts
                        WHERE active AND role IN ('reviewer', 'administrator') AND id <> $1::uuid)
        """


@sql.execute
def clear_password(ident: str) -> sql.SQL:
    return "UPDATE accounts SET password_hash = NULL WHERE id = $1::uuid"


@sql.execute
def delete_links(account: str) -> sql.SQL:
    return "DELETE FROM sign_in_links WHERE account = $1::uuid"


class AuditSearch(msgspec.Struct, frozen=True, kw_only=True):
    """The audit lines to find; a field at its default does not narrow the search."""

    account: str | None = None
    by_command: bool = False
    acts: tuple[str, ...] = ()
    since: datetime.datetime | None = None
    before: datetime.datetime | None = None
    words: str = ""


class AuditLine(msgspec.Struct, frozen=True):
    """One act: who did what, when and to what; no name where a command did it."""

    id: int
    at: datetime.datetime
    name: str | None
    act: str
    subject: str
    detail: dict[str, object]


EVERYTHING = AuditSearch()


@sql.many(AuditLine)
def load_audit(below: int, limit: int, search: AuditSearch = EVERYTHING) -> sql.SQL:
    """The lines of the audit with an id below the given one; `acts` are patterns of LIKE."""
    # strpos and not LIKE: a % or _ that somebody typed is only itself.
    return """
        SELECT a.id, a.at, p.name, a.act, a.subject, a.detail
          FROM audit a LEFT JOIN accounts p ON p.id = a.account
         WHERE a.id < $below
           AND ($search.account::uuid IS NULL OR a.account = $search.account)
           AND (NOT $search.by_command OR a.account IS NULL)
           AND (cardinality($search.acts::text[]) = 0 OR a.act LIKE ANY($search.acts))
           AND ($search.since::timestamptz IS NULL OR a.at >= $search.since)
           AND ($search.before::timestamptz IS NULL OR a.at < $search.before)
           AND ($search.words = ''
                OR strpos(lower(concat_ws(' ', a.act, a.subject, a.detail, p.name)),
                          lower($search.words)) > 0)
         ORDER BY a.id DESC LIMIT $limit
        """


@sql.first(AuditLine)
def find_last_change(subject: str, other_than: str) -> sql.SQL:
    """The last change of this subject among the newest lines, by somebody else; None without."""
    return """
        SELECT a.id, a.at, p.name, a.act, a.subject, a.detail
          FROM audit a JOIN accounts p ON p.id = a.account
         WHERE a.subject = $subject AND a.account <> $other_than::uuid
           AND a.id > (SELECT max(id) - 1000 FROM audit)
           AND a.act !~ '(read|exported|downloaded)$'
         ORDER BY a.id DESC LIMIT 1
        """
