"""The draw of a scrutiny panel: repeated here in a few lines, as anybody could."""

import hashlib

from hypothesis import given
from hypothesis import strategies as st

from analysis.scrutiny.draw import draw_records, drawn_digest
from survey.scrutiny.rules import Condition, DrawPart, DrawRule, ExcludedRecords, FrameStratum

SEED = "3f9c"
CHILD = Condition(columns=("SubjectAge",), values=("0-10", "11-17"))
FIRED = Condition(columns=("CED Fired", "CED2 Fired"), values=("Yes",))
HEATHROW = Condition(columns=("Borough",), values=("Heathrow",))
RULE = DrawRule(
    leave_out=(DrawPart(name="Not in a borough", conditions=(HEATHROW,)),),
    always=(DrawPart(name="Fired at a child", conditions=(CHILD, FIRED)),),
    strata=(
        DrawPart(name="Children", conditions=(CHILD,), take=2),
        DrawPart(name="All others", take=3),
    ),
)


def record(number, *, age="18-34", fired="No", area="Hackney"):
    cells = {"subjectage": age, "ced fired": "No", "ced2 fired": fired, "borough": area}
    return f"R{number}", cells


RECORDS = [
    *(record(number) for number in range(20)),
    *(record(number, age="11-17") for number in range(20, 27)),
    *(record(number, age=" 0-10 ", fired="YES") for number in range(27, 29)),
    record(29, age="11-17", fired="Yes", area="heathrow"),
]


def test_records_are_drawn_by_the_digest_of_seed_and_reference():
    draw = draw_records(RULE, SEED, RECORDS)

    def first(numbers, most):
        names = [f"R{number}" for number in numbers]
        return sorted(names, key=lambda one: hashlib.sha256(f"{SEED} {one}".encode()).digest())[
            :most
        ]

    assert [one.reference for one in draw.records] == [
        *first(range(27, 29), 2),
        *first(range(20, 27), 2),
        *first(range(20), 3),
    ]
    assert draw.summary.strata == (
        FrameStratum(name="Fired at a child", size=2, drawn=2, always=True),
        FrameStratum(name="Children", size=7, drawn=2),
        FrameStratum(name="All others", size=20, drawn=3),
    )
    assert draw.summary.left_out == (ExcludedRecords("Not in a borough", 1),)
    assert (draw.summary.rows, draw.summary.unplaced) == (30, 0)


def test_a_record_that_fits_no_part_is_counted_and_never_drawn():
    rule = DrawRule(strata=(DrawPart(name="Children", conditions=(CHILD,), take=50),))
    draw = draw_records(rule, SEED, RECORDS)
    assert draw.summary.unplaced == 20
    assert len(draw.records) == 10


@given(st.permutations(RECORDS))
def test_the_order_of_the_file_changes_nothing(shuffled):
    assert draw_records(RULE, SEED, shuffled) == draw_records(RULE, SEED, RECORDS)


def test_another_seed_draws_others():
    digests = {drawn_digest(draw_records(RULE, f"{SEED}{n}", RECORDS)) for n in range(20)}
    assert len(digests) > 15


def test_each_record_of_a_stratum_has_the_same_chance():
    """2,000 seeds: 3 of 20 is 300 times each; five standard errors are 80."""
    counted = {f"R{number}": 0 for number in range(20)}
    for number in range(2_000):
        for one in draw_records(RULE, f"seed {number}", RECORDS).records:
            if one.stratum == "All others":
                counted[one.reference] += 1
    assert all(abs(times - 300) < 80 for times in counted.values())


def test_a_condition_reads_numbers_too():
    young = Condition(columns=("age",), most=17)
    assert [young.holds({"age": cell}) for cell in ("9", "17", "17.5", "", "old")] == [
        *(True, True, False, False, False)
    ]
