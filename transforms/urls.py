"""URL patterns for visits and links: substring, `any:` of several, `path:` glob."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from transforms.values import glob

# What no piece of a glob may span if its paths are to hold it as it is written. How letters beyond ASCII look
# in lower case may depend on their neighbours.
_WILD = re.compile(r"/?(?:\*\*)/?|[*?]|[^\x00-\x7f]")


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
        self.glob: AntGlob | None = None
        if source.startswith("path:"):
            self.glob = AntGlob(source[5:].strip())
        elif source.startswith("any:"):
            self.substrings = tuple(part.strip().lower() for part in source[4:].split(",") if part.strip())
            if not self.substrings:
                raise ValueError("`any:` needs at least one text")
        else:
            self.substrings = (source.lower(),)

    @property
    def parts(self) -> tuple[str, ...]:
        """Texts of which every URL that fits holds one, in lower case; none when that cannot be said."""
        if self.glob is not None:
            return (self.glob.literal,) if self.glob.literal else ()
        return tuple(part for part in self.substrings if part)

    def matches(self, url: str | None) -> bool:
        """Whether a URL, with its query, fits."""
        if url is None:
            return False
        if self.glob is not None:
            return self.glob.matches(path_of(url))
        lower = url.lower()
        return any(part in lower for part in self.substrings)


class AntGlob:
    """An Ant glob over a whole path, level by level.

    Attributes:
        literal: in lower case, the longest text that every path it matches must hold.
    """

    __slots__ = ("levels", "literal")

    def __init__(self, pattern: str) -> None:
        pieces = _WILD.split(pattern.removeprefix("/"))
        self.literal = max(pieces, key=len).lower()
        self.levels: list[re.Pattern[str] | None] = [
            None if level == "**" else glob(level) for level in pattern.removeprefix("/").split("/")
        ]
        """One expression a level; None for any number of levels."""

    def matches(self, path: str) -> bool:
        """Whether the path fits. Time grows with levels of path times levels of pattern, at most."""
        parts = path.removeprefix("/").split("/")
        at = level = 0
        many, since = -1, 0  # the last `**`, and where what follows it was last tried
        while at < len(parts):
            wanted = self.levels[level] if level < len(self.levels) else None
            if level < len(self.levels) and wanted is None:
                many, since = level, at
                level += 1
            elif wanted is not None and wanted.match(parts[at]):
                at, level = at + 1, level + 1
            elif many >= 0:
                since += 1
                at, level = since, many + 1
            else:
                return False
        return all(wanted is None for wanted in self.levels[level:])


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
