# ruff: noqa: E501
"""A form that is harder for an engine than most: dates, repeats, filters, empty answers."""

from pyxform.xls2xform import convert


def form_row(kind, name="", **more):
    return {"type": kind, "name": name, "label": name or kind, **more}


def calculate(name, expression):
    return {"type": "calculate", "name": name, "calculation": expression}


SURVEY = [
    form_row("select_one yn", "stopped", required="yes"),
    form_row("date", "day", relevant="${stopped} = 'yes'", constraint=". <= today() and . > '2025-01-01'"),
    form_row("integer", "age", constraint=". >= 0 and . < 120", required="${stopped} = 'yes'"),
    form_row("decimal", "hours", relevant="${age} > 17 or ${age} = ''"),
    form_row("select_multiple uses", "seen", constraint="count-selected(.) <= 2 and not(selected(., 'none') and count-selected(.) > 1)"),
    form_row("text", "why", relevant="selected(${seen}, 'drawn') and string-length(${age}) > 1", constraint="regex(., '[a-z ]*')"),
    form_row("select_one place", "place"),
    form_row("select_one town", "town", choice_filter="place = ${place}", relevant="${place} != ''"),
    form_row("begin_repeat", "person", relevant="${stopped} != 'no'"),
    form_row("integer", "their_age", constraint=". > 0"),
    form_row("select_one yn", "hurt", relevant="${their_age} < 18"),
    form_row("begin_group", "harm", relevant="${hurt} = 'yes'"),
    form_row("text", "how", required="${their_age} < 10"),
    form_row("end_group"),
    calculate("nth", "position(..)"),
    calculate("before", "indexed-repeat(${their_age}, ${person}, position(..) - 1)"),
    calculate("hurt_words", "jr:choice-name(${hurt}, '${hurt}')"),
    calculate("older", "${their_age} + ${age}"),
    form_row("end_repeat"),
    form_row("begin_repeat", "again", repeat_count="${age} - 16"),
    form_row("integer", "again_n", constraint=". != ${age}"),
    form_row("end_repeat"),
    calculate("people", "count(${person})"),
    calculate("sum_ages", "sum(${their_age})"),
    calculate("oldest", "if(min(${their_age}) < 0, 0, max(${their_age}))"),
    calculate("joined", "join(', ', ${how})"),
    calculate("late", "if(${hours} > 2 and ${day} < date('2026-06-01'), 'late', 'soon')"),
    calculate("ago", "today() - ${day}"),
    calculate("next_week", "date(${day} + 7)"),
    calculate("part", "round(${hours} div 3, 2)"),
    calculate("rest", "${age} mod 7"),
    calculate("minus", "-${age} + 3 * 2 - 1"),
    calculate("either", "coalesce(${why}, ${town})"),
    calculate("shown", "format-date(${day}, '%d/%m/%Y')"),
    calculate("first", "selected-at(${seen}, 0)"),
    calculate("letters", "concat(substr(${why}, 0, 3), '-', string-length(${why}))"),
    calculate("truth", "${age} > 3 and ${hours}"),
    calculate("nested", "if(selected(${seen}, 'fired') and not(${stopped} = 'no'), if(${age} < 18, 1, 2), 3)"),
    calculate("number_of", "number(${why}) = 3"),
    calculate("whole", "int(${hours}) + int(${age} div 2)"),
    calculate("young", "count-non-empty(${hurt})"),
    calculate("power", "pow(${age}, 2)"),
    calculate("empty", "${hours} = '' or ${why} = ''"),
    calculate("nothing_seen", "selected(${seen}, '')"),
    calculate("any_number", "coalesce(${age} + 1, ${hours})"),
    calculate("least", "min(${age} + 1, ${hours}, 40)"),
    calculate("picked", "selected-at(${seen}, ${age} - 17)"),
    calculate("second_age", "indexed-repeat(${their_age}, ${person}, 2)"),
    calculate("place_words", "concat(jr:choice-name(${place}, '${place}'), '!')"),
    calculate("cut", "substr(${why}, ${age}, ${hours})"),
    calculate("check", "checklist(1, 2, ${age} > 3, ${stopped} = 'yes', ${hours} > 1)"),
    form_row("note", "end", relevant="${people} > 1 and ${sum_ages} >= 20"),
    form_row("text", "after", relevant="${late} = 'late' or ${nested} = 2", required="yes"),
]  # fmt: skip
CHOICES = [
    {"list_name": name, "name": option, "label": option, **more}
    for name, option, more in [
        ("yn", "yes", {}), ("yn", "no", {}),
        ("uses", "drawn", {}), ("uses", "fired", {}), ("uses", "none", {}),
        ("place", "east", {}), ("place", "west", {}),
        ("town", "bow", {"place": "east"}), ("town", "hanwell", {"place": "west"}),
        ("town", "ealing", {"place": "west"}),
    ]
]  # fmt: skip


def hard_form() -> bytes:
    form = convert({"survey": SURVEY, "choices": CHOICES, "settings": [{"form_id": "hard"}]})
    return form.xform.encode()
