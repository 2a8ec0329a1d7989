"""Another platform, on loopback: takes a code once, rotates refresh tokens, refuses what is used up."""

from __future__ import annotations

import json
import threading
import time
from base64 import b64decode
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

from portaria.clock import Clock
from portaria.token_stores import TokenStore
from portaria.upstream_tokens import UpstreamTokens

DAY = 86_400.0
CLIENT_ID = "a-service"
CLIENT_SECRET = "the secret of a service"


@dataclass
class Failure:
    """What the platform answers instead, once."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: str = "{}"


class Platform:
    def __init__(self) -> None:
        self.code: str | None = "a-code"
        self.refresh_token: str | None = None
        self.access_token = ""
        self.is_rotating = True
        self.failures: list[Failure] = []
        #: The forms that came to the token endpoint, in order; and what the last one said of its version.
        self.asked: list[dict[str, str]] = []
        self.version: str | None = None
        #: Set while the token endpoint answers; clear it to make it hang.
        self.answers = threading.Event()
        self.answers.set()
        #: One more for each request that has come in.
        self.came = threading.Semaphore(0)
        self._given = 0
        self._lock = threading.Lock()
        handler = type("Handler", (_Handler,), {"platform": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self.token_url = f"{self.url}/oauth/token"

    def close(self) -> None:
        self.answers.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def refreshes(self) -> int:
        return sum(form["grant_type"] == "refresh_token" for form in self.asked)

    def revoke(self) -> None:
        """Its owner threw the service out."""
        self.refresh_token, self.access_token = None, ""

    def token(self, form: dict[str, str], authorization: str | None) -> tuple[int, dict[str, str], str]:
        self.came.release()
        self.answers.wait()
        with self._lock:
            self.asked.append(form)
            if self.failures:
                failure = self.failures.pop(0)
                return failure.status, failure.headers, failure.body
            if not _is_client(form, authorization):
                return 401, {}, json.dumps({"error": "invalid_client", "error_description": "Wrong secret."})
            if not self._is_good(form):
                return 400, {}, json.dumps({"error": "invalid_grant"})
            return 200, {}, json.dumps(self._new_tokens(form))

    def _is_good(self, form: dict[str, str]) -> bool:
        if form["grant_type"] == "authorization_code":
            code, self.code = self.code, None
            return form.get("code") == code
        return self.refresh_token is not None and form.get("refresh_token") == self.refresh_token

    def _new_tokens(self, form: dict[str, str]) -> dict[str, Any]:
        self._given += 1
        self.access_token = f"access-{self._given}"
        answer: dict[str, Any] = {
            "access_token": self.access_token,
            "token_type": "Bearer",
            "expires_in": 86399,
            "scope": "contacts.readonly",
        }
        if form["grant_type"] == "authorization_code":
            answer.update(locationId="location-7", userType="Location")
        if self.is_rotating or self.refresh_token is None:
            self.refresh_token = f"refresh-{self._given}"
            answer["refresh_token"] = self.refresh_token
        return answer


def _is_client(form: dict[str, str], authorization: str | None) -> bool:
    if authorization is None:
        return (form.get("client_id"), form.get("client_secret")) == (CLIENT_ID, CLIENT_SECRET)
    pair = b64decode(authorization[len("Basic ") :])
    return pair.decode() == f"{CLIENT_ID}:{CLIENT_SECRET.replace(' ', '+')}"


class _Handler(BaseHTTPRequestHandler):
    platform: Platform

    def do_POST(self) -> None:
        text = self.rfile.read(int(self.headers["content-length"])).decode()
        form = {name: values[0] for name, values in parse_qs(text).items()}
        self.platform.version = self.headers["version"]
        self._answer(*self.platform.token(form, self.headers["authorization"]))

    def do_GET(self) -> None:
        is_known = self.headers["authorization"] == f"Bearer {self.platform.access_token}"
        self._answer(200 if is_known else 401, {}, json.dumps({"contacts": ["Ana"]} if is_known else {}))

    def log_message(self, *words: object) -> None:
        pass

    def _answer(self, status: int, headers: dict[str, str], body: str) -> None:
        self.send_response(status)
        for name, value in {**headers, "content-type": "application/json"}.items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        # Whoever asked may have been killed meanwhile.
        with suppress(BrokenPipeError, ConnectionResetError):
            self.wfile.write(body.encode())


@dataclass
class Time:
    """Moves when somebody sleeps, and when told to."""

    passed: float = 0
    pauses: list[float] = field(default_factory=list)

    def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.passed += seconds

    def clock(self) -> Clock:
        return Clock(now=lambda: time.time() + self.passed, ticks=lambda: self.passed, sleep=self.sleep)


def tokens_of(platform: Platform, store: TokenStore, moved: Time, **options: Any) -> UpstreamTokens:
    settings = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, **options}
    return UpstreamTokens("crm", store=store, token_url=platform.token_url, clock=moved.clock(), **settings)
