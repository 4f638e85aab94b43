"""SurveyJS types and properties that are not imported, and why."""

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
