"""Every error newswatch raises on purpose, in one small tree.

    NewswatchError
     +-- ConfigError          the configuration cannot be used (all problems at once)
     +-- RuleError            a rule pack cannot be used (all problems at once)
     +-- InputError           a file given to a command cannot be read as what it should be
     +-- StoreError
     |    +-- DatabaseUnreachable
     |    +-- SchemaMismatch   older than the program, or newer
     |    +-- AlreadyRunning   a second daemon on an embedded database
     +-- NotFound             the user named something that does not exist

Expected outcomes of the flow (not modified, too short to be an article, blocked address) are not errors: they are
values in `model`. Identity is in attributes, messages say what to do, and constructors have no side effects.
"""

from dataclasses import dataclass


class NewswatchError(Exception):
    """Base of all errors that are meant for the user. `exit_code` is what the command line exits with."""

    exit_code = 1


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong in something a user wrote.

    `where` names the place for a person (file, key, rule), `line` and `column` count from 1 (None where unknown),
    `message` says what is wrong and `remedy` what to do.
    """

    where: str
    message: str
    remedy: str = ""
    line: int | None = None
    column: int | None = None

    def __str__(self) -> str:
        """Return one line: place, position, what is wrong, what to do."""
        position = "" if self.line is None else f":{self.line}" + ("" if self.column is None else f":{self.column}")
        remedy = f" ({self.remedy})" if self.remedy else ""
        return f"{self.where}{position}: {self.message}{remedy}"


class _Problems(NewswatchError):
    """An error that carries every problem found, not only the first."""

    exit_code = 2

    def __init__(self, problems: "list[Problem] | tuple[Problem, ...]") -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class ConfigError(_Problems):
    """The configuration cannot be used."""


class RuleError(_Problems):
    """One or more rules or entities of a pack cannot be used."""


class InputError(_Problems):
    """A file given to a command is not what it should be."""


class NotFound(NewswatchError):
    """The user named a thing that does not exist. `kind` is the noun, `name` what was asked for."""

    def __init__(self, kind: str, name: str, remedy: str = "") -> None:
        self.kind = kind
        self.name = name
        super().__init__(f"no {kind} {name!r}" + (f" ({remedy})" if remedy else ""))


class StoreError(NewswatchError):
    """The database cannot be used."""

    exit_code = 3


class DatabaseUnreachable(StoreError):
    """The database does not answer. `url` has its password removed."""

    def __init__(self, url: str, cause: str) -> None:
        self.url = url
        super().__init__(f"cannot reach the database {url}: {cause} (is the server running, and is the URL right?)")


class SchemaMismatch(StoreError):
    """The database's schema is not the one this program works with. `found` and `expected` are revision ids."""

    def __init__(self, found: str | None, expected: str, message: str) -> None:
        self.found = found
        self.expected = expected
        super().__init__(message)


class AlreadyRunning(StoreError):
    """Another daemon holds the embedded database. `holder` describes it (pid, host, since)."""

    def __init__(self, path: str, holder: str) -> None:
        self.path = path
        self.holder = holder
        super().__init__(
            f"another newswatch daemon is already running on {path} ({holder}); "
            "stop it first, or use PostgreSQL to run several"
        )
