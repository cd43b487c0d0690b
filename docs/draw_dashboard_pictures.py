"""Takes the pictures of the dashboard that the documentation shows: docs/pictures/dashboard_<page>.png.

Of the running stack's dashboard, in the Chromium of this machine: `python docs/draw_dashboard_pictures.py`.
"""

import argparse
from pathlib import Path

from playwright.sync_api import Browser, expect, sync_playwright

from stack.cloudformation import outputs
from stack.settings import REPOSITORY, StackSettings
from tests.dashboard.chromium import chromium

PICTURES = REPOSITORY / "docs" / "pictures"
PAGES = {
    "stocks": "#/stocks",
    "market": "#/market",
    "live": "#/live",
    "sales": "#/sales",
    "warehouse": "#/warehouse",
    "health": "#/health",
}
LOOKS = {
    "": {"viewport": {"width": 1180, "height": 860}},
    "_dark": {"viewport": {"width": 1180, "height": 860}, "color_scheme": "dark"},
    "_phone": {"viewport": {"width": 390, "height": 844}, "is_mobile": True},
}
WAIT_MILLISECONDS = 60_000


def draw(browser: Browser, url: str, name: str, look: str, folder: Path, *, is_whole: bool) -> None:
    """One page, as soon as nothing in it waits for an answer and its charts are drawn."""
    page = browser.new_page(**LOOKS[look])
    page.goto(f"{url}{PAGES[name]}")
    page.locator("h2, .state:not(.loading)").first.wait_for(timeout=WAIT_MILLISECONDS)
    expect(page.locator(".loading")).to_have_count(0, timeout=WAIT_MILLISECONDS)
    page.wait_for_timeout(700)
    page.screenshot(path=folder / f"dashboard_{name}{look}.png", full_page=is_whole)
    page.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", help="address of the site, unless it is the running stack's")
    parser.add_argument("--folder", type=Path, default=PICTURES)
    parser.add_argument("--every-look", action="store_true", help="whole pages, light, dark and on a phone")
    arguments = parser.parse_args()
    url = arguments.url or outputs(StackSettings.from_environment())["DashboardUrl"]
    arguments.folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright, chromium(playwright) as browser:
        for name in PAGES:
            for look in LOOKS if arguments.every_look else [""]:
                draw(browser, url, name, look, arguments.folder, is_whole=arguments.every_look)


if __name__ == "__main__":
    main()
