"""What kind of browser somebody is signed in on, in a few words; nothing more of it is kept."""

from __future__ import annotations

# The first that fits: browsers name those they are like as well.
BROWSERS = {
    "Edg/": "Edge", "EdgA/": "Edge", "EdgiOS/": "Edge", "OPR/": "Opera",
    "SamsungBrowser/": "Samsung Internet",
    "Firefox/": "Firefox", "FxiOS/": "Firefox", "CriOS/": "Chrome", "Chrome/": "Chrome",
    "Safari/": "Safari", "curl/": "curl",
}  # fmt: skip
SYSTEMS = {
    "iPhone": "iPhone", "iPad": "iPad", "Android": "Android", "Windows": "Windows",
    "CrOS": "ChromeOS", "Mac OS X": "Mac", "Macintosh": "Mac", "Linux": "Linux",
}  # fmt: skip


def label_of(user_agent: str) -> str:
    """Name browser and system: "Firefox on Linux", or "a browser" where neither is known."""
    browser = next((name for mark, name in BROWSERS.items() if mark in user_agent), "")
    system = next((name for mark, name in SYSTEMS.items() if mark in user_agent), "")
    return f"{browser or 'a browser'}{f' on {system}' if system else ''}"
