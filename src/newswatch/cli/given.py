"""Articles that commands are given: the id of a stored one, or a text with what is known about it."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from newswatch.cli.common import UsageError, missing, read_input, row_id
from newswatch.model import MatchInput

if TYPE_CHECKING:
    from newswatch.store.archive import Archived
    from newswatch.store.database import Database

TitleOption = Annotated[str, typer.Option("--title", help="Headline of the text.")]
LanguageOption = Annotated[
    str | None, typer.Option("--language", help="Language of the text; found out by default.", show_default=False)
]
SourceOption = Annotated[str, typer.Option("--source", help="Publisher of the text.")]
CountryOption = Annotated[str, typer.Option("--country", help="Country of the publisher.")]
PublishedOption = Annotated[
    str | None, typer.Option("--published", metavar="DAY", help="Day of publication, 2026-01-13.", show_default=False)
]


@dataclass(frozen=True, slots=True)
class TextFacts:
    """What the options say about a text."""

    title: str = ""
    language: str | None = None
    source: str = ""
    country: str = ""
    published: str | None = None

    def article(self, file: str) -> MatchInput:
        """Return the text of a file, or of standard input for "-", as rules see it. Raises UsageError."""
        day = self._day()
        text = read_input(file)
        return MatchInput(
            title=self.title,
            body=text,
            language=self.language or _language(f"{self.title}\n\n{text}"),
            source=self.source,
            country=self.country,
            published_on=day,
        )

    def _day(self) -> date | None:
        try:
            return None if self.published is None else date.fromisoformat(self.published)
        except ValueError:
            raise UsageError(f"--published {self.published!r} is not a day; write for example 2026-01-13") from None


def _language(text: str) -> str:
    from newswatch.extract.language import detect_language

    return detect_language(text).tag


def is_text(argument: str) -> bool:
    """Whether an argument names a text (a file, or - for standard input) and not a stored article."""
    return argument == "-" or not argument.isdigit() or Path(argument).exists()


def stored(database: "Database", argument: str) -> "Archived":
    """Return a stored article by its id. Raises NotFound, or UsageError where its text is no longer kept."""
    from newswatch.store import archive, articles

    article_id = row_id("article", argument)
    with database.reading() as connection:
        found = archive.get(connection, article_id)
        if found is None and articles.listing(connection, limit=1, ids=[article_id]):
            message = f"the text of article {argument} is no longer kept ([retention] texts), so rules cannot read it"
            raise UsageError(message)
    if found is None:
        raise missing("article", argument)
    return found
