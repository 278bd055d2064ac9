"""URL patterns for visits and links: substring, `any:` of several, `path:` glob."""

from __future__ import annotations

import re
from urllib.parse import urlsplit


class UrlPattern:
    """Plain text is a substring of the URL, without regard to case; `any:a, b` any of them; `path:` an Ant
    glob over the path: `?` one character, `*` any but `/`, `**` any number of path levels."""

    __slots__ = ("glob", "source", "substrings")
    sample = "x"

    def __init__(self, source: str) -> None:
        if not isinstance(source, str):
            raise ValueError("expected a URL pattern: text, `any:a, b` or `path:/glob`")
        self.source = source
        self.substrings: tuple[str, ...] = ()
        self.glob: re.Pattern[str] | None = None
        if source.startswith("path:"):
            self.glob = ant_glob(source[5:].strip())
        elif source.startswith("any:"):
            self.substrings = tuple(part.strip().lower() for part in source[4:].split(",") if part.strip())
            if not self.substrings:
                raise ValueError("`any:` needs at least one text")
        else:
            self.substrings = (source.lower(),)

    def matches(self, url: str | None) -> bool:
        """Whether a URL, with its query, fits."""
        if url is None:
            return False
        if self.glob is not None:
            return self.glob.fullmatch(path_of(url)) is not None
        lower = url.lower()
        return any(part in lower for part in self.substrings)


def ant_glob(pattern: str) -> re.Pattern[str]:
    """The regular expression of an Ant glob over a whole path."""
    if not pattern.startswith("/"):
        pattern = "/" + pattern
    expression = ""
    for level in pattern.split("/")[1:]:
        if level == "**":
            expression += "(/[^/]*)*"
        else:
            expression += "/" + "".join(
                {"*": "[^/]*", "?": "[^/]"}.get(c) or re.escape(c) for c in re.sub(r"\*+", "*", level)
            )
    return re.compile(expression, re.DOTALL)


def path_of(url: str) -> str:
    """The path of a URL, `/` where it has none."""
    try:
        return urlsplit(url).path or "/"
    except ValueError:  # such as an unbalanced bracket in the host
        return "/"


def host_of(url: str) -> str:
    """The host of a URL in lower case, empty where it has none."""
    try:
        return (urlsplit(url if "//" in url else "//" + url).hostname or "").rstrip(".")
    except ValueError:
        return ""


def in_domain(url: str, domain: str) -> bool:
    """Whether the host of a URL is the domain, or lies within it."""
    host, parent = host_of(url), domain.lower().strip(".")
    return host == parent or host.endswith("." + parent)
