"""Builds small LimeSurvey files from rows, in the layouts of its old and its new versions."""

from xml.sax.saxutils import escape

TEXT_TABLES = {"questions": "qid", "subquestions": "qid", "groups": "gid", "answers": "aid"}
L10N_TABLES = {"groups": "group_l10ns", "answers": "answer_l10ns"}
TRANSLATED_COLUMNS = ("question", "help", "group_name", "description", "answer", "script")


def xml_table(name, rows):
    cells = (
        "<row>"
        + "".join(f"<{key}>{escape(str(text))}</{key}>" for key, text in row.items())
        + "</row>"
        for row in rows
    )
    return f"<{name}><rows>{''.join(cells)}</rows></{name}>"


def row_in_language(row, language):
    """The row in one language: a dict gives a text for each language."""
    return {
        key: text.get(language, "") if isinstance(text, dict) else text for key, text in row.items()
    }


def split_translations(tables, languages):
    """Move translated texts to tables of their own, as LimeSurvey does from version 4 on."""
    for name, key in TEXT_TABLES.items():
        for row in tables.get(name, []):
            words = {column: row.pop(column) for column in TRANSLATED_COLUMNS if column in row}
            rows = tables.setdefault(L10N_TABLES.get(name, "question_l10ns"), [])
            rows += [
                {key: row[key], "language": one, **row_in_language(words, one)} for one in languages
            ]


def repeat_by_language(tables, languages):
    """Repeat every row for each language, as LimeSurvey did until version 3."""
    for name in TEXT_TABLES:
        rows = tables.get(name, [])
        tables[name] = [
            row_in_language(row, one) | {"language": one} for row in rows for one in languages
        ]


def lss(*rows, version=641, languages=("en",), kind="Survey", settings=None, **tables):
    """A LimeSurvey file of these questions, with their subquestions, answers and attributes."""
    tables = {"groups": [{"gid": 1, "group_order": 1, "group_name": "First"}], **tables}
    tables |= {name: [] for name in ("questions", "subquestions", "answers")}
    tables["question_attributes"] = []
    for number, row in enumerate(rows, 1):
        add_question(tables, number, dict(row))
    (repeat_by_language if version < 400 else split_translations)(tables, languages)
    chosen = {"sid": 7, "language": languages[0], "additional_languages": " ".join(languages[1:])}
    tables["surveys"] = [chosen | (settings or {})]
    tables.setdefault(
        "surveys_languagesettings",
        [{"surveyls_language": one, "surveyls_title": f"Title {one}"} for one in languages],
    )
    listed = "".join(f"<language>{one}</language>" for one in languages)
    body = "".join(xml_table(name, rows) for name, rows in tables.items() if rows)
    return (
        f"<document><LimeSurveyDocType>{kind}</LimeSurveyDocType><DBVersion>{version}</DBVersion>"
        f"<languages>{listed}</languages>{body}</document>"
    ).encode()


def add_question(tables, number, row):
    within = {key: row.pop(key, []) for key in ("subs", "columns", "answers", "seconds", "told")}
    own = {"sid": 7, "gid": 1, "parent_qid": 0, "question_order": number, "scale_id": 0}
    tables["questions"].append(own | {"qid": number} | row)
    qid = tables["questions"][-1]["qid"]
    for scale, subs in enumerate((within["subs"], within["columns"])):
        for place, sub in enumerate(subs, 1):
            sub = sub if isinstance(sub, dict) else {"title": sub, "question": f"Row {sub}"}
            place_of = {"qid": qid * 100 + scale * 50 + place, "parent_qid": qid, "gid": 1}
            row = {"sid": 7, "question_order": place, "scale_id": scale} | place_of
            tables["subquestions"].append(row | sub)
    for scale, codes in enumerate((within["answers"], within["seconds"])):
        for place, code in enumerate(codes, 1):
            row = {"aid": qid * 1000 + scale * 500 + place, "qid": qid, "code": code}
            tables["answers"].append(
                row | {"answer": f"Answer {code}", "sortorder": place, "scale_id": scale}
            )
    for name, value in dict(within["told"]).items():
        tables["question_attributes"].append({"qid": qid, "attribute": name, "value": value})


def lime_question(title, kind, **more):
    """A question as a row."""
    return {"title": title, "type": kind, "question": f"Words of {title}", **more}
