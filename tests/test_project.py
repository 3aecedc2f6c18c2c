"""The repository itself: what it promises in documents, locks and packaging is so."""

import re
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from newswatch.config import DaemonSettings
from newswatch.metrics import Metrics
from newswatch.settings import parse_duration

ROOT = Path(__file__).parent.parent
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
LOCKS = sorted(ROOT.glob("requirements*.lock"))
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])

_LINK = re.compile(r"(?<!!)\[[^\]\n]*\]\(([^)\s]+)\)")
_FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
_PIN = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==(\S+)", re.MULTILINE)


def text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def pins(lock: Path) -> dict[str, str]:
    """Name to version of everything in a lock."""
    return {canonicalize_name(name): version for name, version in _PIN.findall(lock.read_text(encoding="utf-8"))}


def tracked_files() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [path for name in listed.split("\0") if name and (path := ROOT / name).is_file()]


def anchors(page: Path) -> set[str]:
    """The fragments that headings of a page have on GitHub."""
    headings = re.findall(r"^#+ +(.+?) *$", _FENCE.sub("", page.read_text(encoding="utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


# --- documents ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md", "LICENSE"])
def test_what_a_visitor_looks_for_is_there(name: str) -> None:
    assert text(name).strip()


def test_readme_says_how_to_run_and_to_test() -> None:
    readme = text("README.md")
    assert "make run" in readme
    assert "make test" in readme


def test_license_is_the_one_in_the_metadata() -> None:
    assert PROJECT["project"]["license"] == "Apache-2.0"
    assert "Apache License" in text("LICENSE")
    assert "Version 2.0" in text("LICENSE")


def test_changelog_knows_what_is_being_worked_on() -> None:
    version = re.escape(PROJECT["project"]["version"])
    assert re.search(rf"^## \[?(Unreleased|{version})\b", text("CHANGELOG.md"), re.MULTILINE | re.IGNORECASE)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    broken = []
    for target in _LINK.findall(_FENCE.sub("", page.read_text(encoding="utf-8"))):
        path, _, fragment = target.partition("#")
        if re.match(r"[a-z]+:", path):
            continue
        place = (page.parent / path).resolve() if path else page
        if not place.exists() or (fragment and place.suffix == ".md" and fragment not in anchors(place)):
            broken.append(target)
    assert broken == []


def test_every_make_target_that_documents_name_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", text("Makefile"), re.MULTILINE))
    named = {
        name for page in PAGES for name in re.findall(r"(?:`|^)make ([a-z-]+)", page.read_text("utf-8"), re.MULTILINE)
    }
    assert {"run", "test"} <= named
    assert named - targets == set()


def test_operations_page_lists_exactly_the_metrics_there_are() -> None:
    families = [family for family in Metrics().registry.collect() if family.name.startswith("newswatch_")]
    existing = {family.name + ("_total" if family.type == "counter" else "") for family in families}
    listed = set(re.findall(r"^\| `(newswatch_\w+)", text("docs/operations.md"), re.MULTILINE))
    assert listed == existing


def test_nothing_of_the_machine_it_was_written_on_is_left() -> None:
    pattern = re.compile(rb"(?<![\w.<])/(?:root|work|home/\w+|Users/\w+)/|://[\w.-]*(?:pypi|pythonhosted)[\w.-]*/")
    found = [
        f"{path.relative_to(ROOT)}: {match.group().decode()}"
        for path in tracked_files()
        if (match := pattern.search(path.read_bytes()))
    ]
    assert found == []


# --- locks ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_lock_has_hashes_and_names_no_index(lock: Path) -> None:
    content = lock.read_text(encoding="utf-8")
    assert re.findall(r"https?://|--(?:extra-)?index|--find-links|--trusted-host|file:| @ ", content) == []
    entries = re.split(r"^(?=[A-Za-z0-9])", content, flags=re.MULTILINE)[1:]
    assert [entry.split()[0] for entry in entries if "--hash=sha256:" not in entry] == []


def _wanted() -> list[tuple[str, str]]:
    groups = PROJECT["dependency-groups"]
    return [
        *(("requirements.lock", item) for item in PROJECT["project"]["dependencies"]),
        *(("requirements-build.lock", item) for item in [*PROJECT["build-system"]["requires"], *groups["build"]]),
        *(("requirements-dev.lock", item) for name in ("build", "test", "check") for item in groups[name]),
        *(
            (lock, item)
            for lock in ("requirements-extras.lock", "requirements-dev.lock")
            for extra in PROJECT["project"]["optional-dependencies"].values()
            for item in extra
        ),
        *(("requirements-bench.lock", item) for name in ("build", "bench") for item in groups[name]),
    ]


@pytest.mark.parametrize(("lock", "item"), _wanted())
def test_lock_has_what_the_project_asks_for(lock: str, item: str) -> None:
    requirement = Requirement(item)
    version = pins(ROOT / lock).get(canonicalize_name(requirement.name))
    assert version is not None, f"{item} is not in {lock}: run `make lock`"
    assert requirement.specifier.contains(version), f"{lock} has {version}, wanted is {item}: run `make lock`"


def test_locks_agree_with_each_other() -> None:
    runtime = pins(ROOT / "requirements.lock")
    assert len(runtime) > 20
    for name in ("requirements-extras.lock", "requirements-dev.lock", "requirements-bench.lock"):
        other = pins(ROOT / name)
        assert {package: other.get(package) for package in runtime} == runtime, f"{name} is stale: run `make lock`"
    extras, dev = pins(ROOT / "requirements-extras.lock"), pins(ROOT / "requirements-dev.lock")
    assert {package: dev.get(package) for package in extras} == extras, "tested in other versions: run `make lock`"


def test_ci_covers_every_python_that_is_promised() -> None:
    promised = [
        found[1]
        for item in PROJECT["project"]["classifiers"]
        if (found := re.fullmatch(r"Programming Language :: Python :: (3\.\d+)", item))
    ]
    matrix = re.search(r"python: \[(.+)\]", text(".github/workflows/check.yml"))
    assert matrix is not None
    assert re.findall(r'"([\d.]+)"', matrix[1]) == promised


# --- packaging -------------------------------------------------------------------------------------------------------


def test_migrations_have_one_head() -> None:
    config = Config()
    config.set_main_option("script_location", str(ROOT / "migrations"))
    assert len(ScriptDirectory.from_config(config).get_heads()) == 1


def test_every_folder_of_modules_is_a_package() -> None:
    folders = {path.parent for path in (ROOT / "src" / "newswatch").rglob("*.py")}
    assert [str(folder.relative_to(ROOT)) for folder in sorted(folders) if not (folder / "__init__.py").exists()] == []


def test_compose_builds_this_version() -> None:
    assert f"image: newswatch:{PROJECT['project']['version']}\n" in text("compose.yaml")


@pytest.mark.parametrize(
    ("name", "pattern"),
    [("compose.yaml", r"stop_grace_period: (\d+s)"), ("packaging/systemd/newswatch.service", r"TimeoutStopSec=(\d+)")],
)
def test_service_managers_wait_until_work_is_finished(name: str, pattern: str) -> None:
    found = re.search(pattern, text(name))
    assert found is not None
    assert parse_duration(float(found[1]) if found[1].isdigit() else found[1]) > DaemonSettings().shutdown_grace


def test_image_gets_what_it_is_built_from() -> None:
    let_in = {line.removeprefix("!").rstrip("/") for line in text(".dockerignore").splitlines() if line.startswith("!")}
    copied = {
        word
        for line in re.findall(r"^COPY (?!--from)(.+)$", text("Dockerfile"), re.MULTILINE)
        for word in line.split()[:-1]
    }
    assert copied == let_in
