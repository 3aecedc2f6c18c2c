"""The gazetteer: people, places and offices with every way of writing them.

Names are written once (`Takaichi|Sanae`: family name, bar, given name); order, hyphen, spacing and title variants are
generated here, each as an alias of its own, so that an explanation can name the alias that was found. Folding already
equates case, hyphens, full width and the like.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

from newswatch.flag.normalise import fold, is_cjk

# An article's day is in UTC, an office's day is local: one day of tolerance at both ends.
_TOLERANCE = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Role:
    """An office held from one day to another, both included; None is open."""

    office: str
    start: date | None = None
    end: date | None = None

    def covers(self, day: date | None) -> bool:
        """Whether the role was held on `day` (give or take a day). An unknown day counts as covered."""
        if day is None:
            return True
        after_start = self.start is None or day >= self.start - _TOLERANCE
        return after_start and (self.end is None or day <= self.end + _TOLERANCE)


@dataclass(frozen=True, slots=True)
class Entity:
    """One entry of the gazetteer. Mappings go from language to texts."""

    id: str
    name: str
    type: str = "other"
    names: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # "family|given" or plain
    aliases: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # as they are
    short: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # only beside a full form in the article
    short_with: tuple[str, ...] = ()  # entities whose full form serves as well
    styles: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # of an office: "President {family}"
    excluded: tuple[str, ...] = ()  # others whose mentions contain an alias
    roles: tuple[Role, ...] = ()
    source: str = ""  # where the facts come from


@dataclass(frozen=True, slots=True)
class Alias:
    """One way of writing an entity. `role` limits it to the days of an office."""

    text: str
    entity: str
    language: str
    short: bool = False
    role: Role | None = None


def name_variants(name: str, language: str) -> tuple[str, ...]:
    """Return every way of writing `name` ("family|given" or plain) that folding does not equate by itself.

    Latin script: both orders, given name with and without its hyphen. Hangul, Han, kana: with and without a space.
    A plain name with spaces in such a script also comes without them.
    """
    family, bar, given = (part.strip() for part in name.partition("|"))
    if not bar:
        joined = family.replace(" ", "")
        return _distinct((family, joined) if family and all(is_cjk(char) for char in joined) else (family,))
    if is_cjk(family[:1] or " ") and language in {"ko", "ja", "zh"}:
        return _distinct((f"{family}{given}", f"{family} {given}"))
    solid = re.sub(r"[-‐‑– ]", "", given)
    return _distinct(
        f"{first} {second}" for form in (given, solid) for first, second in ((family, form), (form, family))
    )


def _distinct(texts: Iterable[str]) -> tuple[str, ...]:
    """Drop texts that fold to the same words."""
    kept: dict[str, str] = {}
    for text in texts:
        kept.setdefault(f"{text.startswith(' ')}{fold(text)}{text.endswith(' ')}", text)
    return tuple(kept.values())


def full_forms(entity: Entity, offices: Mapping[str, Entity]) -> tuple[Alias, ...]:
    """Return the aliases of `entity` that need nothing else, those by office title included, most specific first."""
    found: dict[tuple[str, Role | None], Alias] = {}

    def add(text: str, language: str, role: Role | None = None) -> None:
        key = (f"{text.startswith(' ')}{fold(text)}{text.endswith(' ')}", role)
        if (key[0], None) not in found:
            found.setdefault(key, Alias(text, entity.id, language, role=role))

    for language, names in entity.names.items():
        for name in names:
            for variant in name_variants(name, language):
                add(variant, language)
    for language, texts in entity.aliases.items():
        for text in texts:
            add(text, language)
    for role in entity.roles:
        office = offices.get(role.office)
        for language, styles in office.styles.items() if office else ():
            for name in entity.names.get(language, ()):
                family, bar, given = (part.strip() for part in name.partition("|"))
                for style in styles if bar else ():
                    text = (
                        style.replace("{family}", family)
                        .replace("{given}", given)
                        .replace("{name}", f"{family}{given}")
                    )
                    add(text, language, role)
    return tuple(found.values())


def short_forms(entity: Entity) -> tuple[Alias, ...]:
    """Return the aliases that count only where the article also has a full form."""
    return tuple(
        Alias(text, entity.id, language, short=True) for language, texts in entity.short.items() for text in texts
    )


def holders(office: str, entities: Iterable[Entity]) -> list[tuple[Entity, tuple[Role, ...]]]:
    """Return the entities that ever held `office`, with the roles by which they did."""
    held = ((entity, tuple(role for role in entity.roles if role.office == office)) for entity in entities)
    return [(entity, roles) for entity, roles in held if roles]
