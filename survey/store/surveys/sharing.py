"""SQL for what may change after a survey is published: its settings."""

import hashlib
from collections.abc import Mapping, Sequence

from survey.store.database import Connection
from survey.store.statements import SQL, execute, find_struct, value_or_none
from survey.surveys.sharing import SurveySettings


async def get_settings(connection: Connection, slug: str) -> SurveySettings:
    """The settings of a survey; the usual ones if nobody has changed any."""
    found = await find_struct(
        connection,
        SurveySettings,
        """
        SELECT password_hash, embedded_by, logo_tag, asks_proof
          FROM survey_settings WHERE slug = $1
        """,
        slug,
    )
    return found or SurveySettings()


@value_or_none(bytes)
def find_logo(slug: str) -> SQL:
    """The logo of who asks, as a JPEG."""
    return "SELECT logo FROM survey_settings WHERE slug = $1"


@execute
def save_shown(slug: str, shown: Mapping[str, object]) -> SQL:
    """Save fields that hold from now on instead of those of the survey's versions."""
    return """
        WITH saved AS (
            INSERT INTO survey_settings (slug, shown) VALUES ($1, $2)
            ON CONFLICT (slug) DO UPDATE SET shown = survey_settings.shown || excluded.shown
            RETURNING slug
        )
        SELECT pg_notify('instruments', slug) FROM saved
        """


@execute
def drop_shown(slug: str, fields: Sequence[str]) -> SQL:
    """Let these fields of the newest version hold again."""
    return """
        WITH changed AS (
            UPDATE survey_settings SET shown = shown - $2::text[] WHERE slug = $1 RETURNING slug
        )
        SELECT pg_notify('instruments', slug) FROM changed
        """


@execute
def save_password(slug: str, password_hash: str) -> SQL:
    """Save the hash of a survey's password; empty for none."""
    return """
        WITH saved AS (
            INSERT INTO survey_settings (slug, password_hash) VALUES ($1, $2)
            ON CONFLICT (slug) DO UPDATE SET password_hash = excluded.password_hash
            RETURNING slug
        )
        SELECT pg_notify('instruments', slug) FROM saved
        """


@execute
def save_asks_proof(slug: str, *, asks: bool) -> SQL:
    """Save whether the devices of those who answer a survey solve a puzzle first."""
    return """
        WITH saved AS (
            INSERT INTO survey_settings (slug, asks_proof) VALUES ($1, $2)
            ON CONFLICT (slug) DO UPDATE SET asks_proof = excluded.asks_proof
            RETURNING slug
        )
        SELECT pg_notify('instruments', slug) FROM saved
        """


@execute
def save_origins(slug: str, origins: Sequence[str]) -> SQL:
    """Save the websites that may show the card of a survey."""
    return """
        WITH saved AS (
            INSERT INTO survey_settings (slug, embedded_by) VALUES ($1, $2)
            ON CONFLICT (slug) DO UPDATE SET embedded_by = excluded.embedded_by
            RETURNING slug
        )
        SELECT pg_notify('instruments', slug) FROM saved
        """


async def save_logo(connection: Connection, slug: str, logo: bytes | None) -> None:
    """Save the logo of who asks; None deletes it."""
    await connection.execute(
        """
        WITH saved AS (
            INSERT INTO survey_settings (slug, logo, logo_tag) VALUES ($1, $2, $3)
            ON CONFLICT (slug) DO UPDATE SET logo = excluded.logo, logo_tag = excluded.logo_tag
            RETURNING slug
        )
        SELECT pg_notify('instruments', slug) FROM saved
        """,
        slug,
        logo,
        hashlib.sha256(logo).hexdigest()[:16] if logo else "",
    )
