"""The objects of a SurveyJS file; each knows its path, and which of its properties were read.

The types and properties that are not imported are in tables, with the reason.
"""

import math
import re
import unicodedata
from html.parser import HTMLParser
from typing import Any

from survey.formats.instruments import ImportReport, printable_text
from survey.formats.languages import find_language_code
from survey.problems import Fault, Invalid
from survey.surveys.instruments import Wording
from survey.surveys.refusals import bad_instrument_file

# Ignored without a report: looks and navigation, which change neither texts nor answers.
COSMETIC = frozenset(
    {
        # sizes, places and colours
        "width", "minWidth", "maxWidth", "widthMode", "indent", "innerIndent", "colCount",
        "columnColCount", "colSpan", "startWithNewLine", "rows", "allowResize", "autoGrow",
        "allowResizeComment", "autoGrowComment", "commentAreaRows", "size", "inputSize",
        "inputTextAlignment", "titleWidth", "itemTitleWidth", "questionTitleWidth",
        "rowTitleWidth", "columnMinWidth", "gridLayoutColumns", "gridLayoutEnabled",
        "verticalAlign", "alternateRows", "textWrapEnabled", "logoWidth", "logoHeight", "logoFit",
        "logoPosition", "imageHeight", "imageWidth", "imageFit", "minImageHeight",
        "minImageWidth", "maxImageHeight", "maxImageWidth", "contentMode", "backgroundImage",
        "backgroundImageFit", "backgroundImageAttachment", "backgroundOpacity", "backgroundColor",
        "penColor", "penMinWidth", "penMaxWidth", "signatureWidth", "signatureHeight",
        "signatureAutoScaleEnabled", "rateColorMode", "scaleColorMode", "rateType", "displayMode",
        "renderAs", "rateDescriptionLocation", "displayRateDescriptionsAsExtremeItems",
        "tooltipVisibility", "tooltipFormat", "labelCount", "labelFormat", "showLabels",
        "selectToRankAreasLayout", "tabAlign", "separateSpecialChoices", "itemSize",
        "fitToContainer", "headerView", "theme",
        # positions and numbering
        "descriptionLocation", "questionDescriptionLocation", "errorLocation", "cellErrorLocation",
        "detailErrorLocation", "templateErrorLocation", "questionErrorLocation",
        "questionTitleLocation", "templateQuestionTitleLocation", "templateQuestionTitleWidth",
        "showNumber", "showQuestionNumbers", "questionStartIndex", "questionTitlePattern",
        "requiredText", "requiredMark", "showPageNumbers", "state", "panelsState", "showHeader",
        # moving through the form
        "showProgressBar", "progressBarType", "progressBarLocation", "progressBarShowPageTitles",
        "progressBarShowPageNumbers", "progressBarInheritWidthFrom",
        "progressBarNavigationTextLocation", "progressBarShowNavigationText", "showTOC",
        "tocLocation", "navigationButtonsLocation", "showNavigationButtons", "goNextPageAutomatic",
        "allowCompleteSurveyAutomatic", "autoAdvanceEnabled", "autoAdvanceAllowComplete",
        "autoFocusFirstQuestion", "autoFocusFirstError", "focusFirstQuestionAutomatic",
        "focusOnFirstError", "textUpdateMode", "checkErrorsMode", "validateVisitedEmptyFields",
        "searchMode", "searchEnabled", "allowClear", "closeOnSelect", "hideSelectedItems",
        "autocomplete", "addRowButtonLocation", "newPanelPosition", "removePanelButtonLocation",
        "confirmDelete", "detailPanelShowOnAdding", "allowRowReorder", "allowImagesPreview",
        "loadingHtml", "hideIfChoicesEmpty", "hideIfRowsEmpty", "hideColumnsIfEmpty",
        # how another program stores answers
        "storeOthersAsComment", "storeDataAsText", "dataFormat", "waitForUpload", "cookieName",
        "clearIfInvisible", "clearInvisibleValues", "partialSendEnabled", "sendResultOnPageNext",
        "surveyId", "surveyPostId", "includeIntoResult", "id",
        "useDisplayValuesInDynamicTexts", "useDisplayValuesInTitle", "valuePropertyName",
    }
)  # fmt: skip
# Properties that are true by default; of all others false is the default.
TRUE_BY_DEFAULT = frozenset(
    {
        "visible", "showTitle", "showPageTitles", "showPrevButton", "showCompletePage",
        "allowAddPanel", "allowRemovePanel", "allowAddRows", "allowRemoveRows", "allowDigits",
    }
)  # fmt: skip
QUIZ = "a quiz is not marked here"
CLOCK = "there is no time limit here"
TWICE = "answers are not changed by other answers here"
AFTER = "what is shown after the last question is the same for every survey here"
WHY = {
    "correctAnswer": QUIZ,
    **dict.fromkeys(
        ("timeLimit", "timeLimitPerPage", "maxTimeToFinish", "maxTimeToFinishPage"), CLOCK
    ),
    **dict.fromkeys(("showTimer", "showTimerPanel", "timerLocation", "timerInfoMode"), CLOCK),
    **dict.fromkeys(("showTimerPanelMode",), CLOCK),
    **dict.fromkeys(
        ("completedHtml", "completedHtmlOnCondition", "completedBeforeHtml", "showCompletePage"),
        AFTER,
    ),
    **dict.fromkeys(
        ("navigateToUrl", "navigateToUrlOnCondition"), "people are not sent to another site"
    ),
    **dict.fromkeys(("setValueIf", "setValueExpression", "resetValueIf"), TWICE),
    **dict.fromkeys(
        ("choicesOrder", "questionOrder", "rowOrder", "questionsOrder"),
        "everyone sees the same order here",
    ),
    "titleLocation": "every question shows its text here",
    "logo": "surveys have no logo here",
    "firstPageIsStartPage": "the first page is like all others here",
    "showPrevButton": "people can always go back here",
    **dict.fromkeys(
        (
            "completeText", "pageNextText", "pagePrevText", "startSurveyText", "previewText",
            "editText", "addPanelText", "removePanelText", "addRowText", "removeRowText",
            "prevPanelText", "nextPanelText",
        ),
        "the buttons have fixed labels here",
    ),
    "choicesByUrl": "options are not fetched from another site",
    "readOnly": "only single questions can be read-only here",
    "valueName": "every question has its own answer here",
    "placeholder": "empty fields show no example here",
    "maskType": "what people type is not formatted here",
    "maskSettings": "what people type is not formatted here",
    "imageLink": "pictures of options are not shown here",
    "isUnique": "answers are not compared with each other here",
    "eachRowUnique": "answers are not compared with each other here",
    "keyName": "answers are not compared with each other here",
    **dict.fromkeys(("allowMultiple", "maxFiles"), "one file is accepted here"),
    "maxSize": "the same size is allowed for every file here",
}  # fmt: skip
NOTHING_LIKE_IT = "there is no equivalent here"
# Types that are not imported, but reported.
NOT_ASKED = {
    "signaturepad": "signatures are not accepted here: they would identify a person",
    "image": "a picture cannot be shown as a question here",
    "imagemap": "parts of a picture cannot be chosen here",
    "empty": "it asks nothing",
}


BREAKING = frozenset(
    {"p", "br", "div", "li", "ul", "ol", "h1", "h2", "h3", "h4", "h5", "h6", "tr", "table"}
)
HIDDEN = frozenset({"script", "style"})
LOST = {
    "img": "a picture", "video": "a video", "audio": "a sound", "iframe": "another site's page",
    "a": "a link", "script": "a script", "table": "a table",
}  # fmt: skip


class MarkupText(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.said: list[str] = []
        self.lost: dict[str, None] = {}
        self.hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        target = dict(attrs).get("href" if tag == "a" else "src") or ""
        if tag in LOST:
            self.lost[f"{LOST[tag]} {target}".strip()] = None
        self.hidden += tag in HIDDEN
        if tag in BREAKING:
            self.said.append("\n")

    def handle_endtag(self, tag: str) -> None:
        # Strangers' HTML closes what it never opened.
        self.hidden = max(self.hidden - (tag in HIDDEN), 0)
        if tag in BREAKING:
            self.said.append("\n")

    def handle_data(self, data: str) -> None:
        if not self.hidden:
            self.said.append(data)


def plain_text(markup: str) -> tuple[str, tuple[str, ...]]:
    """The text, one line per paragraph, and what had to be left out, such as pictures."""
    reader = MarkupText()
    reader.feed(markup)
    reader.close()
    lines = [" ".join(line.split()) for line in "".join(reader.said).split("\n")]
    return "\n".join(line for line in lines if line), tuple(reader.lost)


BLANKS = re.compile(r"[^\S\n]+")
BREAKS = re.compile(r" ?\n[ \n]*")
# Neither is a character in XML, so no form could hold it.
NO_SIGNS = "\ufffe\uffff"
PIPED = re.compile(r"\{[^{}\n]+\}")
MOST = 1e12
MOST_SHOWN = 200
MOST_LETTERS = 30_000


def clean_words(given: str) -> str:
    """The text without unprintable characters and with single spaces."""
    # Characters for private use mark days in the evaluator and quotation marks in workbooks.
    printable = "".join(
        c for c in printable_text(given) if unicodedata.category(c) != "Co" and c not in NO_SIGNS
    )
    flat = BREAKS.sub("\n", BLANKS.sub(" ", printable)).strip()
    # XLSForm reads '-' as no text, and '${' would be taken for the answer to a question.
    return "" if flat == "-" else flat.replace("${", "$ {")


def scalar_text(given: Any) -> str | None:
    """A text, number or boolean as text; None for a list or object."""
    if isinstance(given, bool):
        return "true" if given else "false"
    # JSON has one kind of number: 1.0 and 1 are the same answer.
    if isinstance(given, float) and given.is_integer():
        given = int(given)
    return str(given) if isinstance(given, str | int | float) else None


def shortened_text(given: Any) -> str:
    text = given if isinstance(given, str) else repr(given)
    return text if len(text) <= MOST_SHOWN else text[:MOST_SHOWN] + "…"


class SurveyjsSource:
    """One file: its name, the language of texts without one, and the import report."""

    def __init__(self, file: str, language: str, report: ImportReport) -> None:
        self.file = file
        self.language = language
        self.report = report


class SurveyjsNode:
    def __init__(self, source: SurveyjsSource, path: str, given: Any) -> None:
        self.source = source
        self.path = path
        self.asked: set[str] = set()
        self.given: dict[str, Any] = given
        if not isinstance(given, dict):
            raise self.refusal("", "an object { }")

    @property
    def where(self) -> str:
        name = self.given.get("name") or self.given.get("value")
        return f"{self.path} ({shortened_text(name)})" if isinstance(name, str) else self.path

    def refusal(self, key: str, wanted: str) -> Invalid:
        path = f"{self.path}.{key}" if key else self.path
        cause = f"{wanted} was expected"
        return bad_instrument_file(self.source.file, f"at {path} {cause}.", Fault(path, cause))

    def leave(self, what: str, why: str) -> None:
        self.source.report.leave(self.where, what, why)

    def has(self, key: str) -> bool:
        return self.given.get(key) not in (None, "", [], {}, False)

    def first_given(self, keys: tuple[str, ...]) -> tuple[str, Any]:
        """The first of several spellings of a property that is present, and its value."""
        # All spellings, as only one of them is used and none of the others is a loss.
        self.asked.update(keys)
        key = next((one for one in keys if self.given.get(one) is not None), keys[0])
        return key, self.given.get(key)

    def raw(self, *keys: str) -> Any:
        return self.first_given(keys)[1]

    def text(self, *keys: str) -> str:
        key, given = self.first_given(keys)
        text = "" if given is None else scalar_text(given)
        if text is None:
            raise self.refusal(key, "a text")
        return text.strip()

    def flag(self, *keys: str) -> bool:
        key, given = self.first_given(keys)
        known = {None: False, "true": True, "false": False}
        if isinstance(given, bool):
            return given
        if isinstance(given, str | None) and given in known:
            return known[given]
        raise self.refusal(key, "true or false")

    def number(self, *keys: str) -> float | None:
        key, given = self.first_given(keys)
        if given is None or given == "":
            return None
        try:
            number = math.nan if isinstance(given, bool | list | dict) else float(given)
        except (ValueError, OverflowError):
            number = math.nan
        # This way round it refuses NaN too.
        if not abs(number) < MOST:
            raise self.refusal(key, "a number")
        return int(number) if number.is_integer() else number

    def entries(self, *keys: str) -> list[Any]:
        key, given = self.first_given(keys)
        if given is None:
            return []
        if not isinstance(given, list):
            raise self.refusal(key, "a list [ ]")
        return given

    def nodes(self, *keys: str) -> list["SurveyjsNode"]:
        given = self.entries(*keys)
        path = f"{self.path}.{self.first_given(keys)[0]}"
        return [SurveyjsNode(self.source, f"{path}[{at}]", one) for at, one in enumerate(given)]

    def entry(self, key: str, given: Any) -> "tuple[str, SurveyjsNode | None]":
        """One value of a list, and its object if it is one with further properties."""
        if isinstance(given, dict):
            one = SurveyjsNode(self.source, f"{self.path}.{key}", given)
            return one.text("value", "name"), one
        if (value := scalar_text(given)) is None:
            raise self.refusal(key, "a text, a number or an object { }")
        return value.strip(), None

    def wording(self, *keys: str) -> Wording:
        """A text in each of its languages."""
        key, given = self.first_given(keys)
        if not isinstance(given, dict):
            text = self.cut(key, clean_words(self.text(key)))
            wording = {self.source.language: text} if text else {}
        else:
            wording = self.parse_translations(key, given)
        if any(PIPED.search(text) for text in wording.values()):
            self.leave(f"{key}: {shortened_text(next(iter(wording.values())))}", PIPING)
        return wording

    def cut(self, key: str, text: str) -> str:
        """The text, cut to what fits into a spreadsheet cell."""
        if len(text) > MOST_LETTERS:
            self.leave(f"{key}: all after {MOST_LETTERS:,} letters", "the text is too long")
        return text[:MOST_LETTERS].rstrip()

    def parse_translations(self, key: str, given: dict[str, Any]) -> Wording:
        wording: Wording = {}
        for name, said in given.items():
            code = self.source.language if name == "default" else find_language_code(name)
            text = "" if said is None else scalar_text(said)
            if text is None:
                raise self.refusal(f"{key}.{name}", "a text")
            if not code:
                self.leave(f"{key} in {name}", "the code of this language is not known")
            elif text := self.cut(key, clean_words(text)):
                wording[code] = text
        return wording

    def leave_rest(self) -> None:
        """Report every property that was not read and is more than looks."""
        for key, given in self.given.items():
            if key in self.asked or key in COSMETIC or given in (None, "", [], {}):
                continue
            if given is False and key not in TRUE_BY_DEFAULT:
                continue
            what = (
                f"{key}: {shortened_text(given)}" if isinstance(given, str | int | float) else key
            )
            self.leave(what, WHY.get(key, NOTHING_LIKE_IT))


PIPING = "the words in braces stay as they are: answers are not put into words here"
