"""Who may do what: every route for every role, CSRF tokens, and what ends a session."""

import datetime
import re

import pytest

from api import clock
from api.security import cookies
from api.security import people as people_room
from survey.store.accounts import people, sessions
from tests.api.pages.forms import TOKEN, send, token_on
from tests.conftest import roll_back_at_end
from tests.people import AMINA, CINDY, JOAN, NADIA, OMAR, PASSWORD

EVERYBODY = {"nobody", "organiser", "reviewer", "administrator", "statistician", "scrutineer"}
STAFF = EVERYBODY - {"nobody"}
HOSTS = {"organiser", "reviewer", "administrator"}
ORGANISERS = {"organiser", "administrator"}
REVIEWERS = {"reviewer", "administrator"}
ADMINISTRATORS = {"administrator"}
NOBODY = frozenset()
STATISTICIANS = {"statistician", "administrator"}
SCRUTINEERS = {"scrutineer", "reviewer", "administrator"}

EDITION = "/work/editions/{kind:str}/{start:date}/{number:int}"
# The matrix: which roles may use each route. A route that is missing here fails the test.
ALLOWED = {
    "GET /": EVERYBODY,
    "GET /health": EVERYBODY,
    "GET /health/ready": EVERYBODY,
    "GET /health/live": EVERYBODY,
    "GET /logo": EVERYBODY,
    "GET /api/v1/places": EVERYBODY,
    "GET /api/v1/places/boundaries": EVERYBODY,
    "GET /api/v1/places/{code:str}/population": EVERYBODY,
    "GET /api/v1/surveys": EVERYBODY,
    "GET /api/v1/surveys/{slug:str}": EVERYBODY,
    # Nobody's session opens these: test_odata.py asks with keys.
    "GET /api/v1/odata/{slug:str}": NOBODY,
    "GET /api/v1/odata/{slug:str}/{name:str}": NOBODY,
    "GET /api/v1/deployments": EVERYBODY,
    "GET /api/v1/deployments/published": EVERYBODY,
    "GET /api/v1/reports": EVERYBODY,
    "GET /api/v1/reports/{kind:str}/{start:date}": EVERYBODY,
    "GET /api/v1/codebook": EVERYBODY,
    "GET /api/v1/codebook/{version:int}": EVERYBODY,
    "GET /api/v1/codebook/versions": EVERYBODY,
    "POST /api/v1/surveys/{slug:str}/attachments": EVERYBODY,
    "POST /api/v1/surveys/complaint/attachments": EVERYBODY,
    "POST /api/v1/surveys/{slug:str}/responses": EVERYBODY,
    "POST /api/v1/complaints": EVERYBODY,
    # For whoever has number and passphrase, or a key that they got for these.
    "POST /api/v1/case/keys": EVERYBODY,
    "GET /api/v1/case": EVERYBODY,
    "GET /api/v1/case/copy": EVERYBODY,
    "GET /api/v1/case/receipt": EVERYBODY,
    "POST /api/v1/case/events": EVERYBODY,
    "POST /api/v1/case/passphrase": EVERYBODY,
    "POST /api/v1/case/closing": EVERYBODY,
    "POST /api/v1/case/erasure": EVERYBODY,
    "POST /api/v1/receipts": EVERYBODY,
    # Only for whoever has the key of a group of collectors; a wrong one is refused to all.
    "GET /key/{key:str}/formList": NOBODY,
    "GET /key/{key:str}/forms/{slug:str}/form.xml": NOBODY,
    "GET /key/{key:str}/forms/{slug:str}/manifest": NOBODY,
    "GET /key/{key:str}/forms/{slug:str}/media/{name:str}": NOBODY,
    "GET /key/{key:str}/submission": NOBODY,
    "POST /key/{key:str}/submission": NOBODY,
    "GET /docs": EVERYBODY,
    "GET /docs/{path:str}": EVERYBODY,
    "GET /docs/openapi.json": EVERYBODY,
    "GET /guide": EVERYBODY,
    "GET /guide/{file_path:path}": EVERYBODY,
    "GET /static/{file_path:path}": EVERYBODY,
    "GET /method": EVERYBODY,
    "GET /method/texts": EVERYBODY,
    "GET /method/{measure:str}": EVERYBODY,
    "GET /reports": EVERYBODY,
    "GET /reports/{kind:str}/{start:date}": EVERYBODY,
    "GET /reports/{kind:str}/{start:date}/edition.pdf": EVERYBODY,
    "GET /reports/{kind:str}/{start:date}/slides.pdf": EVERYBODY,
    "GET /reports/{kind:str}/{start:date}/press-notice.txt": EVERYBODY,
    "GET /reports/{kind:str}/{start:date}/members.xlsx": EVERYBODY,
    "GET /reports/{kind:str}/{start:date}/slides.pptx": EVERYBODY,
    "GET /reports/{kind:str}/{start:date}/edition.csv": EVERYBODY,
    "GET /reports/{kind:str}/{start:date}/edition.parquet": EVERYBODY,
    "GET /reports/{kind:str}/{start:date}/edition.json": EVERYBODY,
    "GET /reports/schema.json": EVERYBODY,
    "GET /reports/feed.xml": EVERYBODY,
    "GET /reports/calendar.ics": EVERYBODY,
    "GET /reports/{kind:str}": EVERYBODY,
    "GET /reports/{kind:str}/latest": EVERYBODY,
    "GET /reports/{kind:str}/latest/{file:path}": EVERYBODY,
    "GET /reports/{kind:str}/{start:date}/tables/{file:str}": EVERYBODY,
    "GET /reports/{kind:str}/{start:date}/chart/{name:str}": EVERYBODY,
    "GET /reports/{kind:str}/{start:date}/charts/{file:str}": EVERYBODY,
    "GET /reports/{kind:str}/{start:date}/edition.xlsx": EVERYBODY,
    "GET /reports/{kind:str}/{start:date}/datapackage.json": EVERYBODY,
    "GET /reports/{kind:str}/{start:date}/edition.csv-metadata.json": EVERYBODY,
    "GET /explore": EVERYBODY,
    "GET /recommendations": EVERYBODY,
    "GET /recommendations.csv": EVERYBODY,
    "GET /reports/places": EVERYBODY,
    "GET /reports/places.csv": EVERYBODY,
    "GET /explore/figures.csv": EVERYBODY,
    "GET /reports/boroughs": EVERYBODY,
    "GET /reports/boroughs/{code:str}": EVERYBODY,
    "GET /reports/boroughs/{code:str}/figures.csv": EVERYBODY,
    "GET /reports/boroughs/{code:str}/charts/{file:str}": EVERYBODY,
    "GET /reports/themes": EVERYBODY,
    "GET /reports/themes/{theme:str}": EVERYBODY,
    "GET /reports/themes/{theme:str}/figures.csv": EVERYBODY,
    "GET /reports/themes/{theme:str}/charts/{file:str}": EVERYBODY,
    "GET /about/{page:str}": EVERYBODY,
    "GET /scrutiny": EVERYBODY,
    "GET /scrutiny/{meeting:uuid}": EVERYBODY,
    "GET /scrutiny/{meeting:uuid}/draw.json": EVERYBODY,
    "GET /scrutiny/{meeting:uuid}/report": EVERYBODY,
    "GET /scrutiny/{meeting:uuid}/report.pdf": EVERYBODY,
    "GET /scrutiny/{meeting:uuid}/report.csv": EVERYBODY,
    "GET /scrutiny/{meeting:uuid}/report.json": EVERYBODY,
    "GET /s/{code:str}": EVERYBODY,
    "GET /embed/{code:str}": EVERYBODY,
    "GET /logos/{slug:str}/{tag:str}": EVERYBODY,
    "GET /access-code": EVERYBODY,
    "GET /c": EVERYBODY,
    "POST /access-code": EVERYBODY,
    "GET /surveys": EVERYBODY,
    "GET /surveys/{slug:str}": EVERYBODY,
    "POST /surveys/{slug:str}": EVERYBODY,
    "GET /surveys/{slug:str}/{step:str}": EVERYBODY,
    "POST /surveys/{slug:str}/{step:str}": EVERYBODY,
    "GET /surveys/{slug:str}/done/{reference:str}": EVERYBODY,
    "GET /continue": EVERYBODY,
    "POST /continue": EVERYBODY,
    "POST /surveys/{slug:str}/resume": EVERYBODY,
    "POST /complaints/resume": EVERYBODY,
    "GET /surveys/{slug:str}/saved": EVERYBODY,
    "POST /surveys/{slug:str}/saved": EVERYBODY,
    "GET /complaints/saved": EVERYBODY,
    "GET /try/{slug:str}": EVERYBODY,
    "POST /try/{slug:str}": EVERYBODY,
    "GET /try/{slug:str}/{step:str}": EVERYBODY,
    "POST /try/{slug:str}/{step:str}": EVERYBODY,
    "GET /surveys/{slug:str}/copy": EVERYBODY,
    "GET /surveys/{slug:str}/copy.pdf": EVERYBODY,
    "GET /complaints/copy": EVERYBODY,
    "GET /complaints/copy.pdf": EVERYBODY,
    "POST /surveys/{slug:str}/done/{reference:str}": EVERYBODY,
    "POST /complaints/saved": EVERYBODY,
    "GET /complaints": EVERYBODY,
    "POST /complaints": EVERYBODY,
    "GET /complaints/{step:str}": EVERYBODY,
    "POST /complaints/{step:str}": EVERYBODY,
    "GET /complaints/done/{reference:str}": EVERYBODY,
    "POST /complaints/done/{reference:str}": EVERYBODY,
    "GET /complaints/form.pdf": EVERYBODY,
    "GET /complaints/files/{ident:str}": EVERYBODY,
    "GET /surveys/{slug:str}/files/{ident:str}": EVERYBODY,
    "GET /kiosk/{token:str}": EVERYBODY,
    "GET /kiosk/{token:str}/{language:str}": EVERYBODY,
    "GET /kiosk/{token:str}/kiosk.webmanifest": EVERYBODY,
    "GET /kiosk/{token:str}/worker.js": EVERYBODY,
    "POST /kiosk/{token:str}/answers": EVERYBODY,
    "POST /kiosk/{token:str}/code": EVERYBODY,
    "GET /visits/{key:str}": EVERYBODY,
    "GET /visits/{key:str}/points/{reference:path}": EVERYBODY,
    "POST /visits/{key:str}/points/{reference:path}": EVERYBODY,
    "GET /case/files/{ident:uuid}": EVERYBODY,
    "GET /case": EVERYBODY,
    "POST /case": EVERYBODY,
    "POST /case/leave": EVERYBODY,
    "GET /case/exit": EVERYBODY,
    "GET /case/copy": EVERYBODY,
    "GET /case/copy.pdf": EVERYBODY,
    "GET /case/copy.json": EVERYBODY,
    "GET /case/receipt.txt": EVERYBODY,
    "GET /case/passphrase": EVERYBODY,
    "POST /case/passphrase": EVERYBODY,
    "POST /case/passphrase/saved": EVERYBODY,
    "GET /receipts": EVERYBODY,
    "POST /receipts": EVERYBODY,
    "GET /.well-known/soundings-receipts.pem": EVERYBODY,
    "GET /complaints/exit": EVERYBODY,
    "GET /surveys/{slug:str}/exit": EVERYBODY,
    "POST /case/message": EVERYBODY,
    "POST /case/evidence": EVERYBODY,
    "POST /case/contact": EVERYBODY,
    "POST /case/correct": EVERYBODY,
    "POST /case/dispute": EVERYBODY,
    "POST /case/remind": EVERYBODY,
    "POST /case/withdraw": EVERYBODY,
    "GET /case/erase": EVERYBODY,
    "GET /case/handling": EVERYBODY,
    "POST /case/erase": EVERYBODY,
    "POST /case/handling": EVERYBODY,
    "GET /subscribe": EVERYBODY,
    "POST /subscribe": EVERYBODY,
    "GET /subscribe/sent": EVERYBODY,
    "GET /subscribe/{key:str}": EVERYBODY,
    "POST /subscribe/{key:str}": EVERYBODY,
    "GET /unsubscribe/{key:str}": EVERYBODY,
    "POST /unsubscribe/{key:str}": EVERYBODY,
    "GET /sign-in": EVERYBODY,
    "POST /sign-in": EVERYBODY,
    "GET /sign-in/{key:str}": EVERYBODY,
    "POST /sign-in/{key:str}": EVERYBODY,
    "POST /sign-out": EVERYBODY,
    "GET /work": STAFF,
    "GET /work/keys": STAFF,
    "POST /work/keys": STAFF,
    "POST /work/keys/delete": STAFF,
    "GET /work/password": STAFF,
    "POST /work/password": STAFF,
    "GET /work/help": ORGANISERS,
    "GET /work/unsent": STAFF,
    "POST /work/unsent": STAFF,
    "GET /work/surveys": HOSTS,
    "POST /work/surveys": ORGANISERS,
    "GET /work/surveys/{slug:str}": HOSTS,
    "GET /work/surveys/{slug:str}/results": HOSTS,
    "GET /work/surveys/{slug:str}/results/coverage": HOSTS,
    "GET /work/surveys/{slug:str}/results/live": HOSTS,
    "GET /work/surveys/{slug:str}/results/pictures/{file:str}": HOSTS,
    # What people wrote is for whoever made the survey, see tests/api/pages/organiser/results.
    "GET /work/surveys/{slug:str}/results/words": ADMINISTRATORS,
    "POST /work/surveys/{slug:str}/results/words/{text:uuid}/tags": ADMINISTRATORS,
    "GET /work/surveys/{slug:str}/results/answers": ADMINISTRATORS,
    "GET /work/surveys/{slug:str}/results/answers/{name:str}": ADMINISTRATORS,
    "POST /work/surveys/{slug:str}/results/answers/{name:str}/flag": ADMINISTRATORS,
    "POST /work/surveys/{slug:str}/results/answers/{name:str}/delete": ADMINISTRATORS,
    "GET /work/surveys/{slug:str}/review": ADMINISTRATORS,
    "POST /work/surveys/{slug:str}/review": ADMINISTRATORS,
    "POST /work/surveys/{slug:str}/restore": ADMINISTRATORS,
    # For a built-in survey; organisers manage and export their own, see
    # test_survey_rights.
    "POST /work/surveys/{slug:str}/standing": ADMINISTRATORS,
    "GET /work/surveys/{slug:str}/answers.csv": REVIEWERS,
    "GET /work/surveys/{slug:str}/take-away": REVIEWERS,
    "GET /work/surveys/{slug:str}/take-away/file": REVIEWERS,
    "GET /work/surveys/{slug:str}/dictionary.pdf": REVIEWERS,
    "GET /work/surveys/{slug:str}/dictionary.xml": REVIEWERS,
    "GET /work/surveys/{slug:str}/dictionary-lifecycle.xml": REVIEWERS,
    "GET /work/surveys/{slug:str}/answers.zip": REVIEWERS,
    "GET /work/surveys/{slug:str}/attachments/{attachment:uuid}": REVIEWERS,
    "POST /work/surveys/{slug:str}/codes": ADMINISTRATORS,
    "GET /work/surveys/{slug:str}/kiosk": ADMINISTRATORS,
    "POST /work/surveys/{slug:str}/kiosk": ADMINISTRATORS,
    "POST /work/surveys/{slug:str}/letters": ADMINISTRATORS,
    "GET /work/surveys/{slug:str}/encounters": ADMINISTRATORS,
    "GET /work/surveys/{slug:str}/encounters/example.csv": ADMINISTRATORS,
    "GET /work/surveys/{slug:str}/limits/codes.csv": ADMINISTRATORS,
    "GET /work/surveys/{slug:str}/limits/sample.csv": ADMINISTRATORS,
    "GET /work/surveys/{slug:str}/fieldwork/points.csv": ADMINISTRATORS,
    "GET /work/surveys/{slug:str}/fieldwork/visits.csv": ADMINISTRATORS,
    "POST /work/surveys/{slug:str}/encounters": ADMINISTRATORS,
    "POST /work/surveys/{slug:str}/encounters/cards": ADMINISTRATORS,
    "POST /work/surveys/{slug:str}/encounters/waves": ADMINISTRATORS,
    "POST /work/surveys/{slug:str}/encounters/waves/{wave:uuid}/reminder": ADMINISTRATORS,
    "POST /work/surveys/{slug:str}/encounters/waves/{wave:uuid}/messages": ADMINISTRATORS,
    "POST /work/surveys/{slug:str}/encounters/waves/{wave:uuid}/outcomes": ADMINISTRATORS,
    "POST /work/surveys/{slug:str}/encounters/waves/{wave:uuid}/end": ADMINISTRATORS,
    "GET /work/surveys/{slug:str}/limits": ADMINISTRATORS,
    "POST /work/surveys/{slug:str}/limits": ADMINISTRATORS,
    "POST /work/surveys/{slug:str}/limits/quotas": ADMINISTRATORS,
    "POST /work/surveys/{slug:str}/limits/quotas/{number:int}/remove": ADMINISTRATORS,
    "POST /work/surveys/{slug:str}/limits/codes": ADMINISTRATORS,
    "POST /work/surveys/{slug:str}/limits/sample": ADMINISTRATORS,
    "POST /work/surveys/{slug:str}/limits/sample/codes": ADMINISTRATORS,
    "POST /work/surveys/{slug:str}/limits/letters.pdf": ADMINISTRATORS,
    "POST /work/surveys/{slug:str}/limits/codes/withdraw": ADMINISTRATORS,
    "GET /work/surveys/{slug:str}/paper": ADMINISTRATORS,
    "POST /work/surveys/{slug:str}/paper": ADMINISTRATORS,
    "POST /work/surveys/{slug:str}/paper/batches": ADMINISTRATORS,
    "GET /work/surveys/{slug:str}/paper/batches/{number:int}/forms.pdf": ADMINISTRATORS,
    "GET /work/surveys/{slug:str}/paper/typing": ADMINISTRATORS,
    "POST /work/surveys/{slug:str}/paper/typing": ADMINISTRATORS,
    "GET /work/surveys/{slug:str}/paper/forms/{number:int}": ADMINISTRATORS,
    "POST /work/surveys/{slug:str}/paper/forms/{number:int}": ADMINISTRATORS,
    "POST /work/surveys/{slug:str}/paper/forms/{number:int}/clear": ADMINISTRATORS,
    "GET /work/surveys/{slug:str}/uploads": ADMINISTRATORS,
    "POST /work/surveys/{slug:str}/uploads": ADMINISTRATORS,
    "POST /work/surveys/{slug:str}/uploads/check": ADMINISTRATORS,
    "GET /work/surveys/{slug:str}/uploads/{upload:uuid}": ADMINISTRATORS,
    "POST /work/surveys/{slug:str}/uploads/{upload:uuid}/undo": ADMINISTRATORS,
    "GET /work/surveys/{slug:str}/webhooks": ADMINISTRATORS,
    "POST /work/surveys/{slug:str}/webhooks": ADMINISTRATORS,
    "GET /work/surveys/{slug:str}/webhooks/{webhook:uuid}": ADMINISTRATORS,
    "POST /work/surveys/{slug:str}/webhooks/{webhook:uuid}": ADMINISTRATORS,
    "POST /work/surveys/{slug:str}/webhooks/{webhook:uuid}/again": ADMINISTRATORS,
    "GET /work/surveys/{slug:str}/fieldwork": ADMINISTRATORS,
    "POST /work/surveys/{slug:str}/fieldwork/points": ADMINISTRATORS,
    "POST /work/surveys/{slug:str}/fieldwork/assign": ADMINISTRATORS,
    "POST /work/surveys/{slug:str}/fieldwork/visits": ADMINISTRATORS,
    "POST /work/surveys/{slug:str}/fieldwork/send-back": ADMINISTRATORS,
    "POST /work/surveys/{slug:str}/fieldwork/interviewers": ADMINISTRATORS,
    "GET /work/surveys/{slug:str}/fieldwork/interviewers/{group:uuid}": ADMINISTRATORS,
    "POST /work/surveys/{slug:str}/fieldwork/interviewers/{group:uuid}/revoke": ADMINISTRATORS,
    "GET /work/surveys/{slug:str}/phones": ADMINISTRATORS,
    "POST /work/surveys/{slug:str}/phones": ADMINISTRATORS,
    "GET /work/surveys/{slug:str}/phones/{group:uuid}": ADMINISTRATORS,
    "POST /work/surveys/{slug:str}/phones/{group:uuid}/revoke": ADMINISTRATORS,
    "POST /work/surveys/{slug:str}/draft": ADMINISTRATORS,
    "GET /work/surveys/{slug:str}/files/{name:str}": HOSTS,
    # For a built-in survey too; organisers share their own, see test_sharing.
    "GET /work/surveys/{slug:str}/share": ADMINISTRATORS,
    "GET /work/surveys/{slug:str}/share/{file:str}": ADMINISTRATORS,
    # A built-in survey is handed over by nobody; an organiser's own: test_survey_rights.
    "GET /work/surveys/{slug:str}/owner": NOBODY,
    "POST /work/surveys/{slug:str}/owner": NOBODY,
    "POST /work/surveys/{slug:str}/share/listing": ADMINISTRATORS,
    "POST /work/surveys/{slug:str}/share/password": ADMINISTRATORS,
    "POST /work/surveys/{slug:str}/share/proof": ADMINISTRATORS,
    "POST /work/surveys/{slug:str}/share/ways": ADMINISTRATORS,
    "POST /work/surveys/{slug:str}/share/websites": ADMINISTRATORS,
    "POST /work/surveys/{slug:str}/share/who-asks": ADMINISTRATORS,
    "GET /work/builder": ORGANISERS,
    "POST /work/builder": ORGANISERS,
    "POST /work/builder/import": ORGANISERS,
    "POST /work/builder/{slug:str}/report": ORGANISERS,
    # test_builder checks who owns a draft; somebody else's draft is not found.
    "GET /work/builder/{slug:str}": ORGANISERS,
    "POST /work/builder/{slug:str}/act": ORGANISERS,
    "GET /work/builder/{slug:str}/questions/{name:str}": ORGANISERS,
    "POST /work/builder/{slug:str}/questions/{name:str}": ORGANISERS,
    "GET /work/builder/{slug:str}/bank": ORGANISERS,
    "POST /work/builder/{slug:str}/bank": ORGANISERS,
    "GET /work/builder/{slug:str}/try": ORGANISERS,
    "POST /work/builder/{slug:str}/duplicate": ORGANISERS,
    "POST /work/surveys/{slug:str}/duplicate": ORGANISERS,
    "POST /work/builder/{slug:str}/try": ORGANISERS,
    "GET /work/builder/{slug:str}/about": ORGANISERS,
    "POST /work/builder/{slug:str}/about": ORGANISERS,
    "GET /work/builder/{slug:str}/publish": ORGANISERS,
    "POST /work/builder/{slug:str}/publish": ORGANISERS,
    "GET /work/builder/{slug:str}/discard": ORGANISERS,
    "POST /work/builder/{slug:str}/discard": ORGANISERS,
    "GET /work/builder/{slug:str}/report": ORGANISERS,
    "GET /work/builder/{slug:str}/preview": ORGANISERS,
    "GET /work/builder/{slug:str}/files/{name:str}": ORGANISERS,
    "GET /work/complaints/lodge": REVIEWERS,
    "POST /work/complaints/lodge": REVIEWERS,
    "GET /work/complaints": REVIEWERS,
    "POST /work/complaints/views": REVIEWERS,
    "POST /work/complaints/views/delete": REVIEWERS,
    "GET /work/complaints/figures": REVIEWERS,
    "GET /work/complaints/figures.csv": REVIEWERS,
    "POST /work/complaints/assign": REVIEWERS,
    "GET /work/complaints/list.csv": REVIEWERS,
    "GET /work/complaints/replies": REVIEWERS,
    "POST /work/complaints/replies": REVIEWERS,
    "POST /work/complaints/replies/delete": REVIEWERS,
    "GET /work/complaints/{reference:str}": REVIEWERS,
    "POST /work/complaints/{reference:str}/words": REVIEWERS,
    # Only for a case assigned to oneself, see test_casework_pages.
    "POST /work/complaints/{reference:str}/contact": REVIEWERS,
    "POST /work/complaints/{reference:str}/moves": REVIEWERS,
    "POST /work/complaints/{reference:str}/redactions": REVIEWERS,
    "POST /work/complaints/{reference:str}/merge": REVIEWERS,
    "POST /work/complaints/{reference:str}/part": REVIEWERS,
    "POST /work/complaints/{reference:str}/links": REVIEWERS,
    "GET /work/complaints/{reference:str}/files/{attachment:uuid}": REVIEWERS,
    "GET /work/answers": REVIEWERS,
    "GET /work/deployments": REVIEWERS,
    "GET /work/editions": REVIEWERS,
    "POST /work/editions": REVIEWERS,
    "GET /work/editions/{kind:str}/{start:date}/{number:int}": REVIEWERS,
    "GET /work/editions/{kind:str}/{start:date}/{number:int}/read": REVIEWERS,
    "GET /work/editions/{kind:str}/{start:date}/{number:int}/{file:str}": REVIEWERS,
    "POST /work/editions/{kind:str}/{start:date}/{number:int}/marks/{step:str}": REVIEWERS,
    "POST /work/editions/{kind:str}/{start:date}/{number:int}/withdrawal": REVIEWERS,
    "POST /work/editions/{kind:str}/{start:date}/{number:int}/comments": REVIEWERS,
    f"POST {EDITION}/comments/{{comment:int}}/{{step:str}}": REVIEWERS,
    "POST /work/editions/{kind:str}/{start:date}/{number:int}/actions": REVIEWERS,
    "GET /work/actions": REVIEWERS,
    "GET /work/actions/{number:int}": REVIEWERS,
    "POST /work/actions/{number:int}": REVIEWERS,
    "GET /work/recommendations": REVIEWERS,
    "POST /work/recommendations/ready": REVIEWERS,
    "GET /work/recommendations/new": REVIEWERS,
    "POST /work/recommendations/new": REVIEWERS,
    "GET /work/recommendations/{number:int}": REVIEWERS,
    "GET /work/recommendations/{number:int}/change": REVIEWERS,
    "POST /work/recommendations/{number:int}/change": REVIEWERS,
    "POST /work/recommendations/{number:int}/answers": REVIEWERS,
    "GET /work/planner": REVIEWERS,
    "GET /work/unheard": REVIEWERS,
    "GET /work/events": REVIEWERS,
    "POST /work/events": REVIEWERS,
    "POST /work/events/delete": REVIEWERS,
    "GET /work/files": REVIEWERS,
    "GET /work/files/deployments.csv": REVIEWERS,
    "GET /work/files/perception.csv": REVIEWERS,
    "POST /work/files": REVIEWERS,
    "GET /work/files/tables/{ident:str}/columns": REVIEWERS,
    "POST /work/files/tables/{ident:str}/columns": REVIEWERS,
    "GET /work/files/tables/{ident:str}/words": REVIEWERS,
    "POST /work/files/tables/{ident:str}/words": REVIEWERS,
    "GET /work/files/tables/{ident:str}/check": REVIEWERS,
    "POST /work/files/tables/{ident:str}/check": REVIEWERS,
    "POST /work/files/tables/{ident:str}/delete": REVIEWERS,
    "GET /work/files/mappings": REVIEWERS,
    "POST /work/files/mappings": REVIEWERS,
    "POST /work/files/mappings/delete": REVIEWERS,
    "GET /work/files/mappings/{number:int}/mapping.toml": REVIEWERS,
    "GET /work/editions/{kind:str}/{start:date}/themes": REVIEWERS,
    "GET /work/themes": REVIEWERS,
    "GET /work/double-coding": REVIEWERS,
    "POST /work/double-coding": REVIEWERS,
    "GET /work/double-coding/next": REVIEWERS,
    "GET /work/double-coding/code/{text:uuid}": REVIEWERS,
    "POST /work/double-coding/code/{text:uuid}": REVIEWERS,
    "GET /work/double-coding/disagreements": REVIEWERS,
    "GET /work/double-coding/texts/{text:uuid}": REVIEWERS,
    "POST /work/double-coding/texts/{text:uuid}": REVIEWERS,
    "GET /work/double-coding/results": REVIEWERS,
    "POST /work/double-coding/tone": REVIEWERS,
    "POST /work/double-coding/tone/learn": REVIEWERS,
    "GET /work/double-coding/examples": REVIEWERS,
    "GET /work/themes/{theme:str}/texts": REVIEWERS,
    "GET /work/texts": REVIEWERS,
    "GET /work/texts/{text:uuid}": REVIEWERS,
    "POST /work/texts/{text:uuid}/words": REVIEWERS,
    "GET /work/complaints/{reference:str}/spoken/{attachment:uuid}": REVIEWERS,
    "POST /work/complaints/{reference:str}/spoken/{attachment:uuid}/accept": REVIEWERS,
    "POST /work/complaints/{reference:str}/spoken/{attachment:uuid}/discard": REVIEWERS,
    "GET /work/themes/{theme:str}/summaries": REVIEWERS,
    "POST /work/themes/{theme:str}/summaries": REVIEWERS,
    "POST /work/themes/{theme:str}/summaries/{number:int}/accept": REVIEWERS,
    "POST /work/themes/{theme:str}/summaries/{number:int}/discard": REVIEWERS,
    "POST /work/themes/suggestions": REVIEWERS,
    "POST /work/themes/suggestions/{number:int}/discard": REVIEWERS,
    "GET /work/themes/proposals": REVIEWERS,
    "POST /work/themes/proposals/{number:int}/accept": REVIEWERS,
    "POST /work/themes/proposals/{number:int}/decline": REVIEWERS,
    "GET /work/themes/discovery": REVIEWERS,
    "POST /work/themes/discovery": REVIEWERS,
    "POST /work/themes/discovery/{number:int}/{place:int}": REVIEWERS,
    "GET /work/themes/proposals.json": REVIEWERS,
    "GET /work/themes/codebook": REVIEWERS,
    "GET /work/themes/codebook/versions/{version:int}": REVIEWERS,
    "GET /work/themes/codebook/versions/{version:int}/codebook.csv": REVIEWERS,
    "GET /work/themes/codebook/versions/{version:int}/codebook.qdc": REVIEWERS,
    "GET /work/themes/codebook/new-themes.csv": REVIEWERS,
    "GET /work/themes/codebook/draft": REVIEWERS,
    "POST /work/themes/codebook/draft": REVIEWERS,
    "GET /work/themes/codebook/draft/add": REVIEWERS,
    "POST /work/themes/codebook/draft/add": REVIEWERS,
    "GET /work/themes/codebook/draft/import": REVIEWERS,
    "POST /work/themes/codebook/draft/import": REVIEWERS,
    "GET /work/themes/codebook/draft/effect": REVIEWERS,
    "POST /work/themes/codebook/draft/effect": REVIEWERS,
    "POST /work/themes/codebook/draft/accept": REVIEWERS,
    "GET /work/themes/codebook/draft/discard": REVIEWERS,
    "POST /work/themes/codebook/draft/discard": REVIEWERS,
    "GET /work/themes/codebook/draft/themes/{theme:str}": REVIEWERS,
    "POST /work/themes/codebook/draft/themes/{theme:str}/edits": REVIEWERS,
    "GET /work/themes/codebook/draft/themes/{theme:str}/merge": REVIEWERS,
    "POST /work/themes/codebook/draft/themes/{theme:str}/merge": REVIEWERS,
    "GET /work/themes/codebook/draft/themes/{theme:str}/split": REVIEWERS,
    "POST /work/themes/codebook/draft/themes/{theme:str}/split": REVIEWERS,
    "GET /work/themes/codebook/draft/themes/{theme:str}/retire": REVIEWERS,
    "POST /work/themes/codebook/draft/themes/{theme:str}/retire": REVIEWERS,
    "GET /work/alerts": REVIEWERS,
    "GET /work/meeting": REVIEWERS,
    "POST /work/alerts": REVIEWERS,
    "POST /work/alerts/assign": REVIEWERS,
    "POST /work/alerts/taken-back": REVIEWERS,
    "GET /work/campaigns": REVIEWERS,
    "POST /work/campaigns": REVIEWERS,
    "GET /work/campaigns/{campaign:uuid}": REVIEWERS,
    "POST /work/campaigns/{campaign:uuid}": REVIEWERS,
    "POST /work/campaigns/{campaign:uuid}/standing": REVIEWERS,
    "POST /work/campaigns/{campaign:uuid}/undo": REVIEWERS,
    "GET /work/demands": REVIEWERS,
    "GET /work/demands/new": REVIEWERS,
    "POST /work/demands/new": REVIEWERS,
    "GET /work/demands/{demand:uuid}": REVIEWERS,
    "POST /work/demands/{demand:uuid}/reporting": REVIEWERS,
    "GET /work/demands/{demand:uuid}/next": REVIEWERS,
    "GET /work/demands/{demand:uuid}/texts/{text:uuid}": REVIEWERS,
    "POST /work/demands/{demand:uuid}/texts/{text:uuid}": REVIEWERS,
    "GET /work/quotes": REVIEWERS,
    "GET /work/quotes/new": REVIEWERS,
    "POST /work/quotes": REVIEWERS,
    "POST /work/quotes/{number:int}/approve": REVIEWERS,
    "POST /work/quotes/{number:int}/withdraw": REVIEWERS,
    "POST /work/quotes/consent": REVIEWERS,
    # Panels and meetings are for their members and the working group, and what happens in a meeting
    # for those who take part: test_meetings.
    "GET /work/scrutiny": SCRUTINEERS,
    "GET /work/scrutiny/new": REVIEWERS,
    "POST /work/scrutiny/new": REVIEWERS,
    "GET /work/scrutiny/panels/{panel:uuid}": SCRUTINEERS,
    "GET /work/scrutiny/panels/{panel:uuid}/me": SCRUTINEERS,
    "POST /work/scrutiny/panels/{panel:uuid}/me": SCRUTINEERS,
    "GET /work/scrutiny/panels/{panel:uuid}/settings": REVIEWERS,
    "POST /work/scrutiny/panels/{panel:uuid}/settings": REVIEWERS,
    "GET /work/scrutiny/panels/{panel:uuid}/rule": REVIEWERS,
    "POST /work/scrutiny/panels/{panel:uuid}/rule/parts": REVIEWERS,
    "POST /work/scrutiny/panels/{panel:uuid}/rule/remove": REVIEWERS,
    "POST /work/scrutiny/panels/{panel:uuid}/rule/columns": REVIEWERS,
    "GET /work/scrutiny/panels/{panel:uuid}/members": REVIEWERS,
    "POST /work/scrutiny/panels/{panel:uuid}/members": REVIEWERS,
    "GET /work/scrutiny/panels/{panel:uuid}/meetings": REVIEWERS,
    "POST /work/scrutiny/panels/{panel:uuid}/meetings": REVIEWERS,
    "GET /work/scrutiny/meetings/{meeting:uuid}": SCRUTINEERS,
    "POST /work/scrutiny/meetings/{meeting:uuid}/seed": SCRUTINEERS,
    "POST /work/scrutiny/meetings/{meeting:uuid}/file": SCRUTINEERS,
    "POST /work/scrutiny/meetings/{meeting:uuid}/cancel": SCRUTINEERS,
    "POST /work/scrutiny/meetings/{meeting:uuid}/marking": SCRUTINEERS,
    "POST /work/scrutiny/meetings/{meeting:uuid}/alone": SCRUTINEERS,
    "POST /work/scrutiny/meetings/{meeting:uuid}/close": SCRUTINEERS,
    "GET /work/scrutiny/meetings/{meeting:uuid}/draw.json": SCRUTINEERS,
    "GET /work/scrutiny/meetings/{meeting:uuid}/example.csv": SCRUTINEERS,
    "GET /work/scrutiny/meetings/{meeting:uuid}/records/{number:int}/mask": SCRUTINEERS,
    "POST /work/scrutiny/meetings/{meeting:uuid}/records/{number:int}/mask": SCRUTINEERS,
    "GET /work/scrutiny/meetings/{meeting:uuid}/records/{number:int}": SCRUTINEERS,
    "POST /work/scrutiny/meetings/{meeting:uuid}/records/{number:int}": SCRUTINEERS,
    "POST /work/scrutiny/meetings/{meeting:uuid}/records/{number:int}/aside": SCRUTINEERS,
    "POST /work/scrutiny/meetings/{meeting:uuid}/records/{number:int}/joint": SCRUTINEERS,
    "GET /work/scrutiny/meetings/{meeting:uuid}/report": SCRUTINEERS,
    "GET /work/scrutiny/meetings/{meeting:uuid}/report/public": SCRUTINEERS,
    "POST /work/scrutiny/meetings/{meeting:uuid}/report/review": SCRUTINEERS,
    "POST /work/scrutiny/meetings/{meeting:uuid}/report/publication": SCRUTINEERS,
    "POST /work/scrutiny/meetings/{meeting:uuid}/report/withdrawal": SCRUTINEERS,
    "POST /work/scrutiny/meetings/{meeting:uuid}/report/actions": SCRUTINEERS,
    "GET /work/scrutiny/meetings/{meeting:uuid}/answers": SCRUTINEERS,
    "POST /work/scrutiny/meetings/{meeting:uuid}/answers/due": SCRUTINEERS,
    "GET /work/scrutiny/meetings/{meeting:uuid}/answers/{number:int}": SCRUTINEERS,
    "POST /work/scrutiny/meetings/{meeting:uuid}/answers/{number:int}": SCRUTINEERS,
    "GET /work/scrutiny/panels/{panel:uuid}/triggers": SCRUTINEERS,
    "POST /work/scrutiny/panels/{panel:uuid}/triggers": SCRUTINEERS,
    "POST /work/scrutiny/panels/{panel:uuid}/triggers/{trigger:uuid}/end": SCRUTINEERS,
    "GET /work/scrutiny/panels/{panel:uuid}/triggers/events/{event:uuid}": SCRUTINEERS,
    "POST /work/scrutiny/panels/{panel:uuid}/triggers/events/{event:uuid}": SCRUTINEERS,
    "GET /work/statistician": STATISTICIANS,
    "GET /work/statistician/{kind:str}/{start:date}/{number:int}": STATISTICIANS,
    "POST /work/statistician/{kind:str}/{start:date}/{number:int}": STATISTICIANS,
    "GET /work/move": ADMINISTRATORS,
    "POST /work/move": ADMINISTRATORS,
    "GET /work/move/{slug:str}/survey.zip": ADMINISTRATORS,
    "GET /work/people": ADMINISTRATORS,
    "POST /work/people": ADMINISTRATORS,
    "GET /work/people/{account:uuid}": ADMINISTRATORS,
    "POST /work/people/{account:uuid}/role": ADMINISTRATORS,
    "POST /work/people/{account:uuid}/standing": ADMINISTRATORS,
    "POST /work/people/{account:uuid}/link": ADMINISTRATORS,
    "POST /work/people/{account:uuid}/keys": ADMINISTRATORS,
    "GET /work/audit": ADMINISTRATORS,
    "GET /work/audit.csv": ADMINISTRATORS,
    "GET /work/gallery": ADMINISTRATORS,
    "GET /work/jobs": ADMINISTRATORS,
    "GET /work/service": ADMINISTRATORS,
    "POST /work/jobs/release": ADMINISTRATORS,
}
PATH_VALUES = {
    "attachment": "00000000-0000-0000-0000-000000000000",
    "campaign": "00000000-0000-0000-0000-000000000000",
    "group": "00000000-0000-0000-0000-000000000000",
    "upload": "00000000-0000-0000-0000-000000000000",
    "webhook": "00000000-0000-0000-0000-000000000000",
    "wave": "00000000-0000-0000-0000-000000000000",
    "demand": "00000000-0000-0000-0000-000000000000",
    "measure": "perception_index",
    "meeting": "00000000-0000-0000-0000-000000000000",
    "panel": "00000000-0000-0000-0000-000000000000",
    "trigger": "00000000-0000-0000-0000-000000000000",
    "event": "00000000-0000-0000-0000-000000000000",
    "place": "0",
    "number": "1",
    "text": "00000000-0000-0000-0000-000000000000",
    "theme": "young-people",
    "page": "contact",
    "ident": "0" * 24,
    "slug": "taser-trial",
    "reference": "ABCD-2345",
    "account": "00000000-0000-0000-0000-000000000000",
    "kind": "weekly",
    "start": "2026-01-05",
    "step": "check",
    "name": "survey.xlsx",
    "key": "x" * 43,
    "tag": "0" * 16,
    "file": "edition.csv",
    "comment": "1",
    "code": "E09000012",
    "version": "1",
    "token": "k" * 22,
    "language": "en",
    "file_path": "app.css",
    "path": "none",
}
PEOPLE = {
    "organiser": AMINA,
    "reviewer": CINDY,
    "administrator": JOAN,
    "statistician": OMAR,
    "scrutineer": NADIA,
}
POSTS = sorted(route for route in ALLOWED if route.startswith("POST /work"))


@pytest.fixture
async def db(connection, swept):
    """As in conftest, but at the isolation level (repeatable read) that an export needs."""
    async with roll_back_at_end(connection, "repeatable_read") as one:
        yield one


@pytest.fixture
def enter(client, signed_in):
    async def entered(role):
        return client if role == "nobody" else await signed_in(PEOPLE[role])

    return entered


def filled_path(path):
    return re.sub(r"\{(\w+):\w+\}", lambda found: PATH_VALUES[found[1]], path)


def all_routes(app):
    return {
        f"{method} {route.path}"
        for route in app.routes
        for method in getattr(route, "methods", ())
        if method not in ("OPTIONS", "HEAD")
    }


def test_the_matrix_names_every_route_and_no_other(app):
    assert all_routes(app) == set(ALLOWED)


# Everybody's turn takes a minute; a route without a guard is found by the two that have least.
@pytest.mark.parametrize(
    "role",
    [
        pytest.param(one, marks=() if one in ("nobody", "organiser") else pytest.mark.slow)
        for one in sorted(EVERYBODY)
    ],
)
async def test_a_role_passes_where_the_matrix_says(role, enter, db):
    """Every route; each request is rolled back before the next."""
    client = await enter(role)
    cookies = dict(client.cookies)
    wrong = {}
    for route in sorted(ALLOWED):
        before = db.the_connection.transaction()
        await before.start()
        answer = await request_route(client, route)
        if said := wrong_answer(answer, route, role):
            wrong[route] = said
        await before.rollback()
        client.cookies.clear()
        client.cookies.update(cookies)
    assert wrong == {}


async def test_head_is_answered_wherever_a_page_is(client, db):
    """With the status and the headers of the page, and without its body."""
    wrong = {}
    for route in sorted(ALLOWED):
        method, path = route.split()
        if method == "GET":
            got = await client.get(filled_path(path))
            asked = await client.head(filled_path(path))
            if (got.status_code, b"") != (asked.status_code, asked.content):
                wrong[route] = asked.status_code
    assert wrong == {}


async def request_route(client, route):
    method, path = route.split()
    if method == "GET":
        return await client.get(filled_path(path))
    return await send(client, filled_path(path), page="/sign-in/" + "x" * 43)


def wrong_answer(answer, route, role):
    """Status and text if a role was let in or refused against the matrix, None if all is right."""
    needs_sign_in = "/work" in route and answer.headers.get("location", "").startswith("/sign-in")
    needs_key = "api_key.needed" in answer.text
    passed = not needs_sign_in and not needs_key and answer.status_code != 403
    if passed != (role in ALLOWED[route]) or answer.status_code == 500:
        return answer.status_code, answer.text
    if not passed and ALLOWED[route] is not NOBODY:
        refused = re.search(r"role\.missing|survey\.of_the_house", answer.text)
        if needs_sign_in != (role == "nobody") or not (needs_sign_in or refused):
            return answer.status_code, answer.text
    return None


async def test_a_form_without_its_token_is_refused(signed_in):
    client = await signed_in(JOAN)
    await client.get("/work")
    found = {}
    for route in POSTS:
        for given in ({"data": {"_csrf_token": "x" * 128}}, {}):
            answer = await client.post(filled_path(route.split()[1]), **given)
            found.setdefault(answer.status_code, []).append(route)
    assert set(found) == {403}, found


async def test_a_token_of_another_browser_is_refused(client, signed_in):
    theirs = await token_on(client, "/sign-in")
    client = await signed_in(JOAN)
    await client.get("/work")
    answer = await client.post("/work/jobs/release", data={"_csrf_token": theirs})
    assert answer.status_code == 403


async def test_a_changed_role_holds_at_the_next_request(signed_in, db):
    client = await signed_in(AMINA)
    assert (await client.get("/work/builder")).status_code == 200
    await people.set_role(db.the_connection, AMINA[0], "reviewer")
    assert (await client.get("/work/builder")).status_code == 403
    assert (await client.get("/work/complaints")).status_code == 200


async def test_a_closed_account_is_out_at_the_next_request(signed_in, db):
    client = await signed_in(AMINA)
    await people.set_active(db.the_connection, AMINA[0], active=False)
    assert (await client.get("/work")).headers["location"] == "/sign-in?ended=yes"


async def test_signing_out_ends_the_session_and_not_only_the_cookie(signed_in):
    client = await signed_in(AMINA)
    key = client.cookies[cookies.SESSION]
    assert (await send(client, "/sign-out")).headers["location"] == "/"
    client.cookies.set(cookies.SESSION, key)
    assert (await client.get("/work")).headers["location"] == "/sign-in?ended=yes"


async def test_a_session_that_is_over_opens_nothing(client, db):
    account = await people.by_email(db.the_connection, AMINA[0])
    over = clock.now() - datetime.timedelta(hours=1)  # the database's clock stands still
    await sessions.insert(db.the_connection, people_room.key_digest("old"), account.id, over)
    client.cookies.set(cookies.SESSION, "old")
    assert (await client.get("/work")).headers["location"] == "/sign-in?ended=yes"


async def test_a_key_that_the_browser_brought_is_never_adopted(client, db):
    planted = "planted" * 6
    account = await people.by_email(db.the_connection, AMINA[0])
    link = await people_room.create_sign_in_link(db.the_connection, account.id)
    client.cookies.set(cookies.SESSION, planted)
    answer = await send(client, f"/sign-in/{link}", page=f"/sign-in/{link}")
    assert answer.headers["location"] == "/work"
    assert planted not in answer.headers["set-cookie"]
    client.cookies.clear()
    opened = await client.get("/work", headers={"cookie": f"{cookies.SESSION}={planted}"})
    assert opened.headers["location"] == "/sign-in?ended=yes"


async def test_the_session_cookie_is_out_of_reach_of_scripts_and_other_sites(client, db):
    account = await people.by_email(db.the_connection, AMINA[0])
    link = await people_room.create_sign_in_link(db.the_connection, account.id)
    answer = await send(client, f"/sign-in/{link}", page=f"/sign-in/{link}")
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie


async def test_a_sign_in_link_works_once(client, db):
    account = await people.by_email(db.the_connection, AMINA[0])
    link = await people_room.create_sign_in_link(db.the_connection, account.id)
    page = f"/sign-in/{link}"
    assert (await send(client, page, page=page)).headers["location"] == "/work"
    client.cookies.clear()
    again = await send(client, page, page=page)
    assert again.status_code == 401
    assert "used before, or has expired" in again.text


async def test_an_unknown_address_and_a_wrong_password_look_the_same(client, db):
    hashed = await people_room.hash_password(PASSWORD)
    await people.set_password(db.the_connection, AMINA[0], hashed)
    pages = set()
    for email, password in ((AMINA[0], "wrong words here"), ("nobody@example.org", PASSWORD)):
        form = {"email": email, "password": password}
        answer = await send(client, "/sign-in", form, page="/sign-in")
        assert answer.status_code == 401
        pages.add(TOKEN.sub("", answer.text).replace(email, "EMAIL"))
    assert len(pages) == 1


async def test_the_right_password_opens(client, db):
    hashed = await people_room.hash_password(PASSWORD)
    await people.set_password(db.the_connection, AMINA[0], hashed)
    form = {"email": AMINA[0].upper(), "password": PASSWORD}
    answer = await send(client, "/sign-in", form, page="/sign-in")
    assert answer.headers["location"] == "/work"
