"""Fields that are declared once: read, checked, filled in, and drawn with what is wrong."""

import datetime

import msgspec
import pytest

from api.pages.forms import (
    Choice,
    Day,
    Fields,
    Form,
    Lines,
    Number,
    Several,
    Text,
    Tick,
    filled_form,
)
from api.pages.shell import build_environment

FIRST, LAST = datetime.date(2026, 1, 1), datetime.date(2026, 12, 31)
EVERY = Fields(
    {"held_on": "held"},
    kind=Choice(("search", "force"), "Select a kind"),
    about=Text(10, "Write up to 10 characters", least=1),
    areas=Several(("E1", "E2"), "Select areas from the list"),
    public=Tick(),
    least=Number(1, 9, "Enter 1 to 9"),
    held_on=Day(FIRST, LAST, "Enter a day of 2026"),
    closed_on=Day(FIRST, LAST, "Enter a day of 2026, or nothing", needed=False),
    reasons=Lines(2, 8, "Enter up to 2 reasons"),
)


class Plan(msgspec.Struct, kw_only=True):
    kind: str
    about: str
    areas: tuple[str, ...]
    public: bool
    least: int
    held_on: datetime.date
    closed_on: datetime.date | None
    reasons: tuple[str, ...]
    by: str = ""


PLAN = Plan(
    kind="force",
    about="Taser",
    areas=("E2",),
    public=True,
    least=3,
    held_on=datetime.date(2026, 3, 4),
    closed_on=None,
    reasons=("Late", "Rude"),
    by="Joan",
)


def test_what_fills_a_form_is_read_from_it_again():
    form = Form(values=EVERY.fill(PLAN))
    assert EVERY.read(form, Plan, by="Joan") == PLAN
    assert form["held-day"] == "4"
    assert EVERY.fill(None) == {}


def test_each_field_says_what_is_wrong_with_it():
    form = Form(
        values={"kind": ["other"], "areas": ["E9"], "least": ["ten"], "closed_on-day": ["x"]}
    )
    assert EVERY.read(form, Plan) is None
    assert dict(form.errors) == {
        "kind": "Select a kind",
        "about": "Write up to 10 characters",
        "areas": "Select areas from the list",
        "least": "Enter 1 to 9",
        "held-day": "Enter a day of 2026",
        "closed_on-day": "This day does not exist: check the day and the month",
    }


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        (Number(1, 9, "no"), {"it": "10"}),
        (Day(FIRST, LAST, "no"), {"it-day": "1", "it-month": "1", "it-year": "2027"}),
        (Text(3, "no"), {"it": "four"}),
        (Tick("no"), {"it": "on"}),
        (Lines(1, 3, "no"), {"it": "a\nb"}),
        (Lines(1, 3, "no"), {"it": "four"}),
        (Lines(1, 3, "no", least=1), {"it": " \n"}),
    ],
)
def test_what_is_outside_is_refused_at_the_field(field, typed):
    form = filled_form(typed)
    field.read(form, "it")
    assert [sentence for _, sentence in form.errors] == ["no"]
    assert form.errors[0][0] in ("it", "it-day")


def draw(field, **given):
    page = f'{{% import "work/fields.html" as fields with context %}}{{{{ {field} }}}}'
    shown = build_environment().from_string(page).render({"typed": {}, "errors": []} | given)
    return " ".join(shown.split())


def test_a_field_is_drawn_with_what_was_typed_and_what_is_wrong():
    wrong = draw(
        'fields.input("name", "Your <name>", hint="In full", rows=2)',
        typed={"name": "J & K"},
        errors=[("name", "Enter a name"), ("other", "Not this")],
    )
    assert 'value="J &amp; K"' in wrong
    assert "Your &lt;name&gt;" in wrong
    assert "Enter a name" in wrong
    assert "Not this" not in wrong
    assert 'aria-describedby="name-hint name-error"' in wrong


def test_options_are_values_words_or_words_with_a_hint():
    options = '{"a": "A", "b": ("B", "second")}'
    shown = draw(f'fields.radios("kind", "Which?", {options})', typed={"kind": "b"})
    assert 'value="b" checked' in shown
    assert "second" in shown
    ticked = draw('fields.checkboxes("area", "", ["E1", "E2"], values=["E2"])')
    assert 'value="E2" checked' in ticked
    assert "fieldset" not in ticked
    listed = draw('fields.select("area", "Where?", [("E1", "Barnet")], empty="All")')
    assert '<option value="">All</option> <option value="E1">Barnet</option>' in listed
