"""A person with a browser, as far as HTTP goes: keeps cookies, follows redirects, sends forms."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin

import httpx


@dataclass
class Form:
    action: str
    fields: dict[str, str] = field(default_factory=dict)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.is_sent_by_script = False
        self.text = ""
        self._form: Form | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        has = dict(attrs)
        if tag == "form":
            self._form = Form(has.get("action") or "")
            self.forms.append(self._form)
            self.is_sent_by_script = self.is_sent_by_script or "data-send" in has
        elif tag == "input" and self._form and has.get("type") == "hidden":
            self._form.fields[has.get("name") or ""] = has.get("value") or ""

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None

    def handle_data(self, data: str) -> None:
        self.text += data


@dataclass
class Page:
    status: int
    url: str
    html: str

    def __post_init__(self) -> None:
        reader = _Reader()
        reader.feed(self.html)
        self.forms = reader.forms
        self.is_sent_by_script = reader.is_sent_by_script
        self.text = " ".join(reader.text.split())


class Person:
    def __init__(self, origin: str, email: str = "", password: str = "") -> None:
        self.origin = origin
        self.email = email
        self.password = password
        self.http = httpx.Client(
            headers={"accept": "text/html", "accept-language": "en", "user-agent": "Test browser"}, timeout=20
        )

    def close(self) -> None:
        self.http.close()

    def get(self, url: str) -> Page:
        return self._follow("GET", urljoin(self.origin, url), None)

    def submit(self, page: Page, fields: dict[str, str], action_end: str = "") -> Page:
        """Sends the first form of the page whose action ends so; hidden fields go along."""
        form = next((form for form in page.forms if form.action.endswith(action_end)), None)
        assert form, f"no form for {action_end or 'anything'} at {page.url} ({page.status}):\n{page.text}"
        return self._follow("POST", urljoin(page.url, form.action), {**form.fields, **fields})

    def sign_in(self, page: Page) -> Page:
        """Fills in the sign-in form, where the page is one."""
        if 'name="password"' not in page.html:
            return page
        return self.submit(page, {"login": self.email, "password": self.password}, "/login")

    def approve_device(self, link: str, decision: str = "allow") -> Page:
        """Behind the link of a device code: sees the code, says so, signs in, decides."""
        consent = self.sign_in(self.submit(self.get(link), {"confirm": "yes"}))
        return self.submit(consent, {"decision": decision}, "/consent")

    def approve(self, link: str, decision: str = "allow") -> Page:
        """Behind the link of a program that listens on loopback; the last page is the program's."""
        consent = self.sign_in(self.get(link))
        return self.submit(consent, {"decision": decision}, "/consent")

    def approve_terminal(self, link: str, letters: str, decision: str = "allow") -> Page:
        """Behind the link of a polling session: signs in, and types the letters of the terminal."""
        return self.submit(self.sign_in(self.get(link)), {"letters": letters, "decision": decision})

    def make_token(self, link: str = "/cli") -> str:
        """A personal token, as the page behind a program's link shows it once."""
        page = self.submit(self.sign_in(self.get(link)), {}, "/cli")
        found = re.search(r"ptr_pat_[0-9A-Za-z]{49}", page.html)
        assert found, page.text
        return found.group()

    def _follow(self, method: str, url: str, fields: dict[str, str] | None) -> Page:
        for _ in range(15):
            headers = {"origin": self.origin} if method == "POST" else {}
            response = self.http.request(method, url, data=fields, headers=headers)
            location = response.headers.get("location")
            if location is not None:
                method, url, fields = "GET", urljoin(url, location), None
                continue
            page = Page(response.status_code, url, response.text)
            if not page.is_sent_by_script:
                return page
            method, url, fields = "POST", urljoin(url, page.forms[0].action), page.forms[0].fields
        raise RuntimeError(f"too many redirects, last to {url}")
