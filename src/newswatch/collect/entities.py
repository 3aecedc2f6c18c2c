"""Entities that an XML document defines: how a few bytes become gigabytes. Pure."""

import re
from collections import Counter

# A document may define entities, as old RSS does for its accents, but what they add up to has a limit in bytes.
_BUDGET = 200_000
_MOST = 500
_PLAIN = re.compile(rb"""<!ENTITY\s+([\w.:-]+)\s+("[^"]*"|'[^']*')\s*>""")
_ANY = re.compile(rb"<!ENTITY\b", re.IGNORECASE)
_USED = re.compile(rb"&([\w.:-]{1,100});")
_REFERENCE = re.compile(rb"&(?!#)")


def entity_problem(data: bytes) -> str | None:
    """Return what is wrong with the entities that a document defines, None if they are harmless.

    Checked before any parser sees them, because each knows other limits.
    """
    if b"<!DOCTYPE" not in data or not _ANY.search(data):
        return None
    defined = _PLAIN.findall(data)
    if len(defined) != len(_ANY.findall(data)):
        return "the document defines external or parameter entities"
    if len(defined) > _MOST:
        return f"the document defines {len(defined)} entities"
    used = Counter(_USED.findall(data))
    total = 0
    for name, value in defined:
        text = value[1:-1]
        if _REFERENCE.search(text):
            return "the document defines entities by other entities"
        total += len(text) * used[name]
    if total > _BUDGET:
        return f"the document's entities would grow to {total:,} bytes"
    return None
