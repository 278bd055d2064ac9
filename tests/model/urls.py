"""URL patterns: plain text, `any:` and `path:`."""

from urllib.parse import SplitResult, urlsplit

from model.values import glob


def url_matches(pattern: str, url: str) -> bool:
    if pattern.startswith("any:"):
        return any(part.strip().lower() in url.lower() for part in pattern[4:].split(",") if part.strip())
    if pattern.startswith("path:"):
        return levels_match(pattern[5:].split("/"), (parts_of(url).path or "/").split("/"))
    return pattern.lower() in url.lower()


def levels_match(pattern: list[str], path: list[str]) -> bool:
    """Ant glob, level by level: `**` is any number of levels, also none."""
    if not pattern:
        return not path
    if pattern[0] == "**":
        return any(levels_match(pattern[1:], path[i:]) for i in range(len(path) + 1))
    return bool(path) and glob(pattern[0], path[0]) and levels_match(pattern[1:], path[1:])


def parts_of(url: str) -> SplitResult:
    try:
        return urlsplit(url)
    except ValueError:
        return urlsplit("")


def host_within(domain: str, url: str) -> bool:
    """The host of the URL is this domain, or below it."""
    host = (parts_of(url).hostname or "").lower()
    return host == domain.lower() or host.endswith("." + domain.lower())
