"""Texts of SurveyJS, which may be HTML, as plain text; what is not imported, and why."""

import re
import unicodedata
from html.parser import HTMLParser
from typing import Any

from survey.formats.foreign import printable_text

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


BLANKS = re.compile(r"[^\S\n]+")
BREAKS = re.compile(r" ?\n[ \n]*")
# Neither is a character in XML, so no form could hold it.
NO_SIGNS = "\ufffe\uffff"
MOST_SHOWN = 200


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
