"""One survey with every kind of question, in English only, and answers to it."""

from survey.surveys.instruments import (
    Agreement,
    Consent,
    Date,
    Decimal,
    Grid,
    GridRow,
    Instrument,
    Integer,
    Note,
    Option,
    Rank,
    Scale,
    SelectMultiple,
    SelectOne,
    Text,
)

LABELS = tuple({"en": word} for word in ("Very poor", "Poor", "Fair", "Good", "Very good"))
OPTIONS = tuple(Option(name, {"en": f"{name.title()} & more"}) for name in ("one", "two", "three"))

EVERYTHING = Instrument(
    slug="everything",
    version=1,
    mode="open",
    kind="survey",
    title={"en": "Every kind of question"},
    summary={"en": "For trying out."},
    items=(
        Note(name="first_words", text={"en": "Words before the first question."}),
        SelectOne(
            name="which",
            text={"en": "Which one?"},
            options=OPTIONS,
            required=True,
            may_decline=True,
        ),
        SelectMultiple(
            name="several", text={"en": "Which ones?"}, options=OPTIONS, most=2, may_decline=True
        ),
        Agreement(name="works", text={"en": "This works."}, labels=LABELS, may_decline=True),
        Grid(
            name="rates",
            text={"en": "How do you rate these?"},
            labels=LABELS,
            rows=(
                GridRow("polite", {"en": "Being polite"}),
                GridRow("quick", {"en": "Coming quickly"}),
            ),
            required=True,
            may_decline=True,
        ),
        Scale(
            name="safe",
            text={"en": "How safe do you feel?"},
            low_label={"en": "not at all"},
            high_label={"en": "completely"},
            may_decline=True,
        ),
        Text(name="why", text={"en": "Why?"}, may_decline=True),
        Text(name="line", text={"en": "In one line"}, long=False, most=20),
        Integer(name="times", text={"en": "How many times?"}, most=50),
        Decimal(name="far", text={"en": "How far?"}, may_decline=True),
        Date(name="day", text={"en": "When?"}, short={"en": "The date"}, required=True),
        Rank(name="order", text={"en": "Put these in order"}, options=OPTIONS),
        Consent(name="agreed", text={"en": "May we?"}, short={"en": "Consent"}, required=True),
        Note(name="last_words", text={"en": "Words after the last question."}),
    ),
)

# For each page: the fields of its form, and the answers that are kept.
FILLED = {
    "borough": ({"postcode": "E1W 1AA"}, {}),
    "which": ({"answer": "two"}, {"which": "two"}),
    "several": ({"answer": ["one", "three"]}, {"several": ["one", "three"]}),
    "works": ({"answer": "dont_know"}, {"works": "dont_know"}),
    "rates": ({"answer-1": "2", "answer-2": "prefer_not_to_say"},
              {"polite": 2, "quick": "prefer_not_to_say"}),
    "safe": ({"answer": "0"}, {"safe": 0}),
    "why": ({"answer": "x", "decline": "yes"}, {"why": "prefer_not_to_say"}),
    "line": ({"answer": "A <b> & c"}, {"line": "A <b> & c"}),
    "times": ({"answer": "٣"}, {"times": 3}),
    "far": ({"answer": "2,5"}, {"far": 2.5}),
    "day": ({"answer-day": "1", "answer-month": "2", "answer-year": "2007"}, {"day": "2007-02-01"}),
    "order": ({"answer-1": "3", "answer-2": "1", "answer-3": "2"},
              {"order": ["two", "three", "one"]}),
    "agreed": ({"answer": "yes"}, {"agreed": True}),
}  # fmt: skip

# For each page: a wrong answer, the field that the error summary links to, and its message.
WRONG = [
    ("which", {}, "answer", "Select an answer to ‘"),
    ("which", {"answer": "four"}, "answer", "Select one of the answers shown for ‘"),
    ("several", {"answer": ["one", "two", "three"]}, "answer", "no more than 2 answers"),
    ("several", {"answer": ["one", "prefer_not_to_say"]}, "answer",
     "Select from the answers shown for ‘"),
    ("works", {"answer": "6"}, "answer", "Select an answer to ‘"),
    ("rates", {"answer-1": "1"}, "answer-2", "Select an answer in the row ‘Coming quickly’"),
    ("safe", {"answer": "11"}, "answer", "Select an answer to ‘"),
    ("why", {"answer": "a\x07b"}, "answer", "Remove the characters in ‘"),
    ("line", {"answer": "x" * 21}, "answer", "20 characters or fewer. You have written 21"),
    ("times", {"answer": "many"}, "answer", "’ must be a whole number from 0 to 50"),
    ("times", {"answer": "51"}, "answer", "’ must be a whole number from 0 to 50"),
    ("times", {"answer": "9" * 5_000}, "answer", "’ must be a whole number from 0 to 50"),
    ("far", {"answer": "nan"}, "answer", "’ must be a number from 0 to 1000000"),
    ("far", {"answer": "far"}, "answer", "’ must be a number, such as 12"),
    ("day", {}, "answer-day", "Enter a date for ‘The date’"),
    ("day", {"answer-day": "31", "answer-month": "2", "answer-year": "2007"}, "answer-day",
     "‘The date’ must be a real date"),
    ("day", {"answer-day": "1", "answer-month": "1", "answer-year": "2999"}, "answer-day",
     "‘The date’ must be a date that is not in the future"),
    ("day", {"answer-day": "1", "answer-month": "1", "answer-year": "7"}, "answer-day",
     "‘The date’ must be a date after 1900"),
    ("day", {"answer-day": "1", "answer-month": "Mayday", "answer-year": "2007"}, "answer-day",
     "‘The date’ must be a real date"),
    ("order", {"answer-1": "1", "answer-2": "1", "answer-3": "2"}, "answer-1",
     "a different number"),
    ("agreed", {}, "answer", "Tick the box ‘Consent’ to continue"),
    ("borough", {}, "answer", "Select a borough, or enter a postcode"),
    ("borough", {"answer": "E99999999"}, "answer", "Select a borough, or enter a postcode"),
    ("borough", {"postcode": "ZZ99 9ZZ"}, "postcode", "Enter a postcode in London"),
    ("borough", {"postcode": "\x07"}, "postcode", "Enter a postcode in London"),
    ("borough", {"postcode": "E1", "shared": "yes"}, "answer", "Select the borough"),
    ("borough", {"answer": "E09000012", "postcode": "e1w"}, "postcode",
     "This postcode is in Tower Hamlets, but you selected Hackney"),
]  # fmt: skip
