"""A fake GOV.UK Notify on loopback: checks the token, saves the mails, answers or hangs up."""

import contextlib
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from notifications_python_client import authentication

SERVICE = "26785a09-ab16-4eb0-8407-a37497a57506"
SECRET = "3d844edf-8d35-48ac-975b-e847b4f122b0"
KEY = f"soundings-{SERVICE}-{SECRET}"
TEMPLATE = "9d751e0e-f929-4891-82a1-a3e1c3c18ee3"
PATH = "/v2/notifications/email"
REFUSAL = {"errors": [{"error": "ValidationError", "message": "email_address is no address"}]}


class FakeNotify:
    """The mails that arrived. `status` is its next answer; 0 hangs up after reading the mail."""

    def __init__(self):
        self.mails = []
        self.status = 201

    def answer(self, path, headers, body):
        token = headers["Authorization"].removeprefix("Bearer ")
        if authentication.get_token_issuer(token) != SERVICE:
            return 403
        try:
            authentication.decode_jwt_token(token, SECRET)
        except authentication.TokenError:
            return 403
        if path != PATH or headers["Content-type"] != "application/json":
            return 404
        if self.status in (0, 201):
            self.mails.append(json.loads(body))
        return self.status


@contextlib.contextmanager
def start_fake_notify():
    """Start a fake Notify; gives it and its address."""
    fake = FakeNotify()

    class Answers(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status = fake.answer(self.path, self.headers, body)
            if status:
                reply = json.dumps({"id": "1"} if status == 201 else REFUSAL).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(reply)))
                self.end_headers()
                self.wfile.write(reply)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield fake, f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
