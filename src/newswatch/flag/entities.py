"""The gazetteer: people, places and offices with every way of writing them.

Names are written once (`Takaichi|Sanae`: family name, bar, given name); variants (see `spelling`) and titles follow by
themselves, each as an alias of its own, so that an explanation can name the alias that was found.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from newswatch.flag.normalise import pattern_of
from newswatch.flag.spelling import Variant, plain_variants, romanised, script_variants, variants

# An article's day is in UTC, an office's day is local: one day of tolerance at both ends.
_TOLERANCE = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Period:
    """From one day to another, both included; None is open."""

    start: date | None = None
    end: date | None = None

    def covers(self, day: date | None) -> bool:
        """Whether `day` is in it, give or take a day. An unknown day counts as covered."""
        if day is None:
            return True
        after_start = self.start is None or day >= self.start - _TOLERANCE
        return after_start and (self.end is None or day <= self.end + _TOLERANCE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Role(Period):
    """An office held for a period."""

    office: str
    checked: bool = True  # somebody compared the days with a source


@dataclass(frozen=True, slots=True)
class Dated:
    """A name that is valid for a period only."""

    text: str
    language: str
    period: Period


@dataclass(frozen=True, slots=True)
class Entity:
    """One entry of the gazetteer. Mappings go from language to texts."""

    id: str
    name: str
    type: str = "other"
    names: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # "family|given" or plain
    aliases: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # as they are, Han in every script
    short: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # only beside a full form in the article
    short_with: tuple[str, ...] = ()  # entities whose full form serves as well
    styles: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # of an office: "President {family}"
    excluded: tuple[str, ...] = ()  # others whose mentions contain an alias
    roles: tuple[Role, ...] = ()
    source: str = ""  # where the facts come from
    dated: tuple[Dated, ...] = ()
    romanise: bool = True  # names in Hangul and kana also in Latin letters
    checked: bool = True  # somebody compared the facts with the source


@dataclass(frozen=True, slots=True)
class Alias:
    """One way of writing an entity. `role` limits it to the days of an office, or to other days.

    `origin` tells how it was made: "given", "order", "hyphen", "spacing", "script", a romanisation, "title" ...
    """

    text: str
    entity: str
    language: str
    short: bool = False
    role: Period | None = None
    origin: str = "given"


def full_forms(entity: Entity, offices: Mapping[str, Entity]) -> tuple[Alias, ...]:
    """Return the aliases of `entity` that need nothing else, those by office title included, most specific first."""
    return tuple(forms_by_pattern(entity, offices).values())


def forms_by_pattern(entity: Entity, offices: Mapping[str, Entity]) -> dict[tuple[str, Period | None], Alias]:
    """Return the full forms of `entity` by what the automaton looks for and the days that they are limited to."""
    found: dict[tuple[str, Period | None], Alias] = {}

    def add(text: str, language: str, origin: str, role: Period | None = None) -> None:
        pattern = pattern_of(text)
        if (pattern, None) not in found:
            found.setdefault((pattern, role), Alias(text, entity.id, language, role=role, origin=origin))

    made = [
        *(one for language, text in _each(entity.names) for one in variants(text, language)),
        *(one for language, text in _each(entity.aliases) for one in _written(text, language)),
        *(romanised(entity.names) if entity.romanise else ()),
    ]
    for text, language, origin in made:
        add(text, language, origin)
    for dated in entity.dated:
        for text, language, origin in plain_variants(dated.text, dated.language):
            add(text, language, origin, dated.period)
    for role in entity.roles:
        office = offices.get(role.office)
        for language, style in _each(office.styles) if office else ():
            for name in entity.names.get(language, ()):
                for title in _titles(style, name, language):
                    add(title, language, "title", role)
    return found


def _each(texts: Mapping[str, tuple[str, ...]]) -> Iterable[tuple[str, str]]:
    return ((language, text) for language, forms in texts.items() for text in forms)


def _written(text: str, language: str) -> Iterable[Variant]:
    """Yield an alias as it is, and in the other Han scripts."""
    yield Variant(text, language, "given")
    yield from script_variants(text, language)


def _titles(style: str, name: str, language: str) -> Iterable[str]:
    """Yield how an office addresses `name`, a "family|given" (a plain name has no titles)."""
    family, bar, given = (part.strip() for part in name.partition("|"))
    if bar:
        text = style.replace("{family}", family).replace("{given}", given).replace("{name}", f"{family}{given}")
        yield text
        yield from (form.text for form in script_variants(text, language))


def short_forms(entity: Entity) -> tuple[Alias, ...]:
    """Return the aliases that count only where the article also has a full form."""
    return tuple(
        Alias(form.text, entity.id, language, short=True, origin="short form")
        for language, text in _each(entity.short)
        for form in _written(text, language)
    )


Holders = Mapping[str, Sequence[tuple[Entity, tuple[Role, ...]]]]
"""By office: the entities that ever held it, with the roles by which they did."""


def holders(entities: Iterable[Entity]) -> Holders:
    """Return who held which office."""
    found: dict[str, list[tuple[Entity, tuple[Role, ...]]]] = {}
    for entity in entities:
        for office in dict.fromkeys(role.office for role in entity.roles):
            roles = tuple(role for role in entity.roles if role.office == office)
            found.setdefault(office, []).append((entity, roles))
    return found


def reached(entity: Entity, held: Holders) -> Iterator[str]:
    """Yield the ids of the entities on which the mentions of `entity` depend, besides itself."""
    yield from entity.short_with
    yield from (role.office for role in entity.roles)
    yield from (holder.id for holder, _ in held.get(entity.id, ()))
