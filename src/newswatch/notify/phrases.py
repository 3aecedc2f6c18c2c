"""What messages say besides the news, in the language of who reads them: English, Korean or Japanese. Pure.

English phrases stand in the code and are looked up in `locale/*.po` (GNU gettext). A phrase that is missing there is
said in English. Values are put in as they are, after the look-up: a phrase is never made of a headline.
"""

import gettext
from functools import cache
from importlib.resources import files
from io import BytesIO
from typing import Literal

Language = Literal["en", "ko", "ja"]


class Phrases:
    """One language."""

    def __init__(self, translations: gettext.NullTranslations) -> None:
        self._translations = translations

    def say(self, phrase: str, **values: object) -> str:
        """Return a phrase with its values: `say("published {time}", time=…)`."""
        said = self._translations.gettext(phrase)
        return said.format(**values) if values else said

    def several(self, one: str, many: str, number: int, **values: object) -> str:
        """Return a phrase with a number in it, called `n`: `several("{n} source", "{n} sources", 3)`."""
        return self._translations.ngettext(one, many, number).format(n=number, **values)


@cache
def phrases(language: str, *, package: str = "newswatch.notify") -> Phrases:
    """Return the phrases that a package has of a language; English for one that there are none of."""
    found = files(package) / "locale" / f"{language}.po"
    if not found.is_file():
        return Phrases(gettext.NullTranslations())
    from babel.messages.mofile import write_mo  # noqa: PLC0415 - only who reads another language needs it
    from babel.messages.pofile import read_po  # noqa: PLC0415

    compiled = BytesIO()
    with found.open("rb") as file:
        write_mo(compiled, read_po(file, locale=language, abort_invalid=True))
    compiled.seek(0)
    return Phrases(gettext.GNUTranslations(compiled))
