"""A real browser on the dashboard: Debian's Chromium, driven by Playwright."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

from playwright.sync_api import Browser, Page, expect, sync_playwright

NAMES: Final = ("chromium", "chromium-browser", "google-chrome")
DESK: Final = {"width": 1440, "height": 900}
PHONE: Final = {"width": 390, "height": 844}
_PATIENCE_MILLISECONDS: Final = 30_000


def find_chromium() -> str | None:
    """The browser's path; None on a machine without one."""
    return next((found for name in NAMES if (found := shutil.which(name))), None)


@contextmanager
def running_browser(path: str) -> Iterator[Browser]:
    """As long as the block; nothing of Playwright's loop is left for other tests."""
    expect.set_options(timeout=_PATIENCE_MILLISECONDS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path)
        try:
            yield browser
        finally:
            browser.close()


class Visit:
    """One person's window. `mistakes` are what the page's scripts threw, and what its policy has stopped."""

    def __init__(self, browser: Browser, url: str, size: Mapping[str, int] = DESK, **options: Any) -> None:
        self.url = url
        self.mistakes: list[str] = []
        viewport: Any = dict(size)
        self.context = browser.new_context(viewport=viewport, **options)
        self.context.set_default_timeout(_PATIENCE_MILLISECONDS)
        self.page: Page = self.context.new_page()
        self.page.on("pageerror", lambda error: self.mistakes.append(str(error)))
        self.page.on("console", self._hear)

    def sign_in(self, token: str) -> None:
        """With a token, as `cloud login --print` gives it."""
        self.page.goto(f"{self.url}/monitor.html")
        self.page.get_by_text("Sign in with a token").click()
        self.page.get_by_label("Token", exact=True).fill(token)
        self.page.get_by_role("button", name="Use this token").click()
        expect(self.page.get_by_role("heading", name="Deployments")).to_be_visible()

    def log_in(self, user: str, password: str) -> None:
        self.page.goto(f"{self.url}/monitor.html")
        self.page.get_by_label("User name").fill(user)
        self.page.get_by_label("Password").fill(password)
        self.page.get_by_role("button", name="Sign in", exact=True).click()
        expect(self.page.get_by_role("heading", name="Deployments")).to_be_visible()

    def open(self, deployment_id: str, environment: str = "dev") -> None:
        self.page.evaluate("address => { location.hash = address }", f"#/{deployment_id}/{environment}")
        expect(self.page.get_by_role("region", name="Graph").get_by_role("button").first).to_be_visible()

    def node(self, stack: str) -> Any:
        """The stack in the graph."""
        return self.page.locator(f'.node[data-name="{stack}"]')

    @property
    def lines(self) -> list[str]:
        """Texts of the log's lines, the oldest first."""
        return self.page.locator(".line-text").all_inner_texts()

    def close(self) -> None:
        self.context.close()

    def _hear(self, message: Any) -> None:
        # A refused request is told there as well; it is no mistake of the page.
        if (
            message.type == "error"
            and "Failed to load resource" not in message.text
            and "WebSocket" not in message.text
        ):
            self.mistakes.append(message.text)
