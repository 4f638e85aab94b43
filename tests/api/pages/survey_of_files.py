"""A survey that asks for files: alone on a page, next to another question, and in a repeat."""

from survey.surveys.instruments import File, Image, Instrument, QuestionPage, Repeat, Text

FILE_SURVEY = Instrument(
    slug="sending",
    version=1,
    mode="open",
    kind="survey",
    title={"en": "Send us a picture"},
    summary={"en": "For trying out."},
    items=(
        Image(name="photo", text={"en": "A picture?"}, short={"en": "Picture"}),
        File(name="paper", text={"en": "A letter?"}, short={"en": "Letter"}, may_decline=True),
        QuestionPage(
            name="both",
            text={"en": "Both"},
            items=(
                Image(name="beside", text={"en": "And this?"}, short={"en": "This"}),
                Text(name="line", text={"en": "A line"}, short={"en": "Line"}, required=True),
            ),
        ),
        Repeat(
            name="scene",
            text={"en": "Scene"},
            items=(
                Image(name="seen", text={"en": "Seen"}, short={"en": "Seen"}),
                Text(name="told", text={"en": "Told"}),
            ),
        ),
    ),
)
