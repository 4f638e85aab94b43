"""Small LimeSurvey files, written out of rows the way its two kinds of versions do."""

from xml.sax.saxutils import escape

WORDS = {"questions": "qid", "subquestions": "qid", "groups": "gid", "answers": "aid"}
APART = {"groups": "group_l10ns", "answers": "answer_l10ns"}
SPOKEN = ("question", "help", "group_name", "description", "answer", "script")


def table(name, rows):
    cells = (
        "<row>"
        + "".join(f"<{key}>{escape(str(text))}</{key}>" for key, text in row.items())
        + "</row>"
        for row in rows
    )
    return f"<{name}><rows>{''.join(cells)}</rows></{name}>"


def said(row, language):
    """The row in one language; a word given as a dict has one for each."""
    return {
        key: text.get(language, "") if isinstance(text, dict) else text for key, text in row.items()
    }


def apart(tables, languages):
    """Words in tables of their own, as from version 4 on."""
    for name, key in WORDS.items():
        for row in tables.get(name, []):
            words = {column: row.pop(column) for column in SPOKEN if column in row}
            rows = tables.setdefault(APART.get(name, "question_l10ns"), [])
            rows += [{key: row[key], "language": one, **said(words, one)} for one in languages]


def repeated(tables, languages):
    """Every row once a language, as until version 3."""
    for name in WORDS:
        rows = tables.get(name, [])
        tables[name] = [said(row, one) | {"language": one} for row in rows for one in languages]


def lss(*rows, version=641, languages=("en",), kind="Survey", settings=None, **tables):
    """A file of these questions, which carry their subquestions, answers and attributes."""
    tables = {"groups": [{"gid": 1, "group_order": 1, "group_name": "First"}], **tables}
    tables |= {name: [] for name in ("questions", "subquestions", "answers")}
    tables["question_attributes"] = []
    for number, row in enumerate(rows, 1):
        add(tables, number, dict(row))
    (repeated if version < 400 else apart)(tables, languages)
    chosen = {"sid": 7, "language": languages[0], "additional_languages": " ".join(languages[1:])}
    tables["surveys"] = [chosen | (settings or {})]
    tables.setdefault(
        "surveys_languagesettings",
        [{"surveyls_language": one, "surveyls_title": f"Title {one}"} for one in languages],
    )
    listed = "".join(f"<language>{one}</language>" for one in languages)
    body = "".join(table(name, rows) for name, rows in tables.items() if rows)
    return (
        f"<document><LimeSurveyDocType>{kind}</LimeSurveyDocType><DBVersion>{version}</DBVersion>"
        f"<languages>{listed}</languages>{body}</document>"
    ).encode()


def add(tables, number, row):
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


def ask(title, kind, **more):
    """A question as a row."""
    return {"title": title, "type": kind, "question": f"Words of {title}", **more}
