"""A port of this machine for one answer from the browser, and the page that the person sees then.

Browsers open connections that they never use, and other pages may knock: only what ``is_ours`` says is taken, once.
"""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Callable
from urllib.parse import parse_qsl, urlsplit

CALLBACK_PATH = "/callback"
_SILENCE_SECONDS = 10
_LONGEST_QUERY = 8_000

_PHRASES = {
    "en": ("You can close this window", "Your program has what it needs. Go back to it.",
           "This page belongs to no sign-in", "Start again from your program."),
    "pt": ("Pode fechar esta janela", "Seu programa tem o que precisa. Volte para ele.",
           "Esta página não faz parte de um login", "Comece de novo no seu programa."),
    "ko": ("이 창을 닫아도 됩니다", "프로그램에 필요한 것이 전달되었습니다. 프로그램으로 돌아가세요.",
           "이 페이지는 진행 중인 로그인과 관련이 없습니다", "프로그램에서 다시 시작하세요."),
}  # fmt: skip

_PAGE = """<!doctype html>
<html lang="{language}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{title}</title><style>
:root {{ color-scheme: light dark; font: 1.125rem/1.5 system-ui, sans-serif }}
body {{ margin: 20vh auto 0; max-width: 28rem; padding: 0 1.5rem }}
h1 {{ font-size: 1.5rem; line-height: 1.25 }}
</style></head><body><h1>{title}</h1><p>{text}</p></body></html>
"""


class Listener:
    """Listens as soon as it is made; raises OSError when no port is free. ``answer`` is the query that came."""

    def __init__(self, is_ours: Callable[[dict[str, str]], bool]) -> None:
        self.answer: dict[str, str] | None = None
        self._is_ours = is_ours
        self._taking = threading.Lock()
        listener = self

        class Handler(_Handler):
            def take(self, query: dict[str, str]) -> bool:
                return listener._take(query)

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        # Closing waits for nobody: a browser may hold a connection open for as long as it likes.
        self._server.block_on_close = False
        self.port = int(self._server.server_address[1])
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _take(self, query: dict[str, str]) -> bool:
        with self._taking:
            if self.answer is not None or not self._is_ours(query):
                return False
            self.answer = query
            return True


class _Handler(BaseHTTPRequestHandler):
    timeout = _SILENCE_SECONDS

    def take(self, query: dict[str, str]) -> bool:
        raise NotImplementedError

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        if url.path != CALLBACK_PATH or len(url.query) > _LONGEST_QUERY:
            self.send_error(404)
            return
        pairs = parse_qsl(url.query, keep_blank_values=True)
        query = dict(pairs)
        # RFC 6749 §3.1: no parameter comes twice.
        is_taken = len(query) == len(pairs) and self.take(query)
        self._show(is_taken)

    def _show(self, is_taken: bool) -> None:
        language = _language_of(self.headers.get("accept-language", ""))
        phrases = _PHRASES[language]
        title, text = phrases[:2] if is_taken else phrases[2:]
        page = _PAGE.format(language=language, title=title, text=text).encode()
        self.send_response(200 if is_taken else 400)
        for name, value in {
            "content-type": "text/html; charset=utf-8",
            "content-length": str(len(page)),
            "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
            "referrer-policy": "no-referrer",
            "cache-control": "no-store",
            "connection": "close",
        }.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(page)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - its name in the library
        """Nothing: the address has the code in it."""


def _language_of(header: str) -> str:
    wanted = [part.split(";")[0].strip().lower()[:2] for part in header.split(",")]
    return next((language for language in wanted if language in _PHRASES), "en")
