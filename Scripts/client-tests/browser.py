"""A person at a browser, for tests: signs in with password and one-time code, ticks boxes, and says yes or no."""

import base64
import hmac
import html
import re
import time
import urllib.parse

import requests


def one_time_code(link, step=None):
    """The code that an authenticator app shows for an otpauth link (RFC 6238)."""
    query = urllib.parse.parse_qs(urllib.parse.urlsplit(link).query)
    secret = query["secret"][0]
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    step = int(time.time()) // 30 if step is None else step
    digest = hmac.digest(key, step.to_bytes(8, "big"), "sha1")
    offset = digest[19] & 15
    number = int.from_bytes(digest[offset : offset + 4], "big") & 0x7FFFFFFF
    return f"{number % 1_000_000:06d}"


class Person:
    def __init__(self, account, password, link):
        self.account = account
        self.password = password
        self.link = link
        self.used = 0

    def code(self):
        """A code that was not used before: each counts once."""
        while int(time.time()) // 30 <= self.used:
            time.sleep(0.5)
        self.used = int(time.time()) // 30
        return one_time_code(self.link, self.used)

    def answer(self, url, categories=(), decision="allow", language="en", **fields):
        """Goes the whole way; gives the redirect that takes the browser back to the app."""
        session = requests.Session()
        session.headers["Accept-Language"] = language
        page = session.get(url, allow_redirects=False)
        if page.status_code == 303:
            return page.headers["Location"]
        page.raise_for_status()
        page = self.submit(
            session, page, account=self.account, password=self.password, code=self.code()
        )
        page.raise_for_status()
        self.page = page.text
        boxes = {f"category.{name}": "on" for name in categories}
        page = self.submit(session, page, decision=decision, days="30", **boxes, **fields)
        return page.headers["Location"]

    def withdraw(self, url, app, language="en"):
        """Takes back what an app was allowed, at the page of apps; gives it before and after."""
        session = requests.Session()
        session.headers["Accept-Language"] = language
        page = session.get(url)
        page.raise_for_status()
        page = self.submit(
            session, page, account=self.account, password=self.password, code=self.code()
        )
        page.raise_for_status()
        heading = f"<h2>{html.escape(app)}</h2>"
        section = next(part for part in page.text.split("<section>") if heading in part)
        return page.text, self.submit(session, page, section).text

    @staticmethod
    def submit(session, page, part=None, **fields):
        """Sends the first form of a page, or of a part of it."""
        text = page.text if part is None else part
        action = re.search(r'<form method="post" action="([^"]+)"', text)[1]
        hidden = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', text)
        fields |= {name: html.unescape(value) for name, value in hidden}
        url = urllib.parse.urljoin(page.url, action)
        return session.post(url, data=fields, allow_redirects=False)
