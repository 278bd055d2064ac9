"""URL patterns: plain text, `any:` and `path:`."""

from fnmatch import fnmatchcase
from urllib.parse import urlsplit


def url_matches(pattern: str, url: str) -> bool:
    if pattern.startswith("any:"):
        return any(part.strip().lower() in url.lower() for part in pattern[4:].split(",") if part.strip())
    if pattern.startswith("path:"):
        return levels_match(pattern[5:].split("/"), (urlsplit(url).path or "/").split("/"))
    return pattern.lower() in url.lower()


def levels_match(pattern: list[str], path: list[str]) -> bool:
    """Ant glob, level by level: `**` is any number of levels, also none."""
    if not pattern:
        return not path
    if pattern[0] == "**":
        return any(levels_match(pattern[1:], path[i:]) for i in range(len(path) + 1))
    return bool(path) and level_matches(pattern[0], path[0]) and levels_match(pattern[1:], path[1:])


def level_matches(pattern: str, level: str) -> bool:
    return fnmatchcase(level, pattern.replace("[", "[[]"))


def host_within(domain: str, url: str) -> bool:
    """The host of the URL is this domain, or below it."""
    host = (urlsplit(url).hostname or "").lower()
    return host == domain.lower() or host.endswith("." + domain.lower())
