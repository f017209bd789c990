"""Where the links of a document lead."""

import re
from collections import Counter
from functools import cache
from pathlib import Path

LINK = re.compile(r"\]\(([^)\s]+)\)|\b(?:src|srcset)=\"([^\"]+)\"")
HEADING = re.compile(r"(?m)^#+ (.*)$")
FENCED = re.compile(r"(?ms)^ *```.*?^ *```$")


def broken(document: str, path: Path) -> list[str]:
    """Give the links that lead to no file, or to no heading of one; addresses are not visited."""
    links = [first or second for first, second in LINK.findall(FENCED.sub("", document))]
    return [link for link in links if not re.match("https?://|mailto:", link) and not _leads(link, document, path)]


def _leads(link: str, document: str, path: Path) -> bool:
    place, _, heading = link.partition("#")
    target = (path.parent / place) if place else path
    if not target.exists():
        return False
    text = document if not place else target.read_text(encoding="utf-8") if heading else ""
    return not heading or heading in anchors(text)


@cache
def anchors(document: str) -> set[str]:
    """Give the names of a document's headings as GitHub makes them; the second of a name ends in -1."""
    seen: Counter[str] = Counter()
    names: set[str] = set()
    for heading in HEADING.findall(FENCED.sub("", document)):
        plain = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", heading)
        slug = re.sub(r"[^\w\- ]", "", plain.lower()).replace(" ", "-")
        names.add(f"{slug}-{seen[slug]}" if seen[slug] else slug)
        seen[slug] += 1
    return names
