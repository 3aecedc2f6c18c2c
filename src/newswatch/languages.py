"""Language tags (BCP 47), as far as every part needs them.

Articles are tagged by their language alone, Chinese with its script where that is known: zh-Hans, zh-Hant. What people
ask for is compared as RFC 4647 (section 3.3.1) says, so that zh takes both; of a country only the script counts.
"""

from collections.abc import Collection

SIMPLIFIED, TRADITIONAL = "Hans", "Hant"  # ISO 15924
_CHINESE = "zh"
_SCRIPTS = {
    "hans": SIMPLIFIED,
    "hant": TRADITIONAL,
    # Countries where Chinese is usually written so (Unicode CLDR, likelySubtags)
    "cn": SIMPLIFIED,
    "sg": SIMPLIFIED,
    "my": SIMPLIFIED,
    "tw": TRADITIONAL,
    "hk": TRADITIONAL,
    "mo": TRADITIONAL,
}


def primary(tag: str) -> str:
    """Return the language of a tag without its script and country: zh of zh-Hant, ko of ko-KR."""
    return tag.replace("_", "-").partition("-")[0].lower()


def chinese_script_of(tag: str) -> str | None:
    """Return the script that the tag of a Chinese text names, itself or by a country; None if it names none."""
    parts = tag.replace("_", "-").lower().split("-")[1:]
    return next((_SCRIPTS[part] for part in parts if part in _SCRIPTS), None)


def compared(tag: str) -> str:
    """Return what of a tag is compared.

    >>> compared("zh-TW"), compared("zh-hans"), compared("zh"), compared("en-GB")
    ('zh-Hant', 'zh-Hans', 'zh', 'en')
    """
    language = primary(tag)
    script = chinese_script_of(tag) if language == _CHINESE else None
    return f"{language}-{script}" if script else language


def taken_by(tag: str) -> tuple[str, ...]:
    """Return the compared tags that take a text tagged so: zh-Hant and zh of zh-Hant."""
    return tuple(dict.fromkeys((compared(tag), primary(tag))))


def takes(wanted: Collection[str], tag: str) -> bool:
    """Whether one of the tags that somebody asked for takes a text tagged so."""
    return not {compared(one) for one in wanted}.isdisjoint(taken_by(tag))


def narrower(one: Collection[str], other: Collection[str]) -> frozenset[str]:
    """Return the compared tags that both take: zh-Hant of zh and zh-Hant; nothing of zh-Hans and zh-Hant."""
    return frozenset(
        tag
        for mine, theirs in ((one, other), (other, one))
        for tag in mine
        if not set(taken_by(tag)).isdisjoint(theirs)
    )
