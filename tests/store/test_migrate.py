import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import text

from newswatch.errors import ConfigError, DatabaseUnreachable, SchemaMismatch
from newswatch.store import migrate, schema
from newswatch.store.database import Database
from newswatch.store.shingles import short


def test_there_is_one_head() -> None:
    heads = ScriptDirectory(str(schema.scripts_folder())).get_heads()
    assert len(heads) == 1, f"two people added a migration after the same one: {heads}"


def test_the_newest_revision_is_told_without_alembic() -> None:
    assert schema.newest() == migrate.head()


def test_the_daemon_holds_nothing_that_only_others_need() -> None:
    code = "import sys, newswatch.daemon; print(*sorted({'alembic', 'trafilatura', 'htmldate'} & set(sys.modules)))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.split() == []


def test_migrations_and_tables_agree(database_url: str) -> None:
    database = Database(database_url)
    assert migrate.drift(database) == []
    database.close()


def test_drift_is_noticed(database_url: str) -> None:
    database = Database(database_url)
    with database.writing() as connection:
        connection.execute(text("ALTER TABLE story ADD COLUMN mood TEXT"))
    assert any("mood" in difference for difference in migrate.drift(database))
    database.close()


def test_every_step_goes_down_and_up_again(empty_database_url: str) -> None:
    database = Database(empty_database_url)
    assert migrate.check(database) == "empty"
    applied = migrate.upgrade(database)
    assert applied[-1] == migrate.head()
    for revision in reversed(["base", *applied[:-1]]):
        migrate.downgrade(database, revision)
    assert migrate.check(database) == "empty"
    migrate.upgrade(database)
    assert migrate.check(database) is None
    assert migrate.drift(database) == []
    database.close()


def test_what_was_indexed_by_long_hashes_is_found_by_short_ones(empty_database_url: str) -> None:
    database = Database(empty_database_url)
    migrate.upgrade(database)
    migrate.downgrade(database, "0017")
    shingles = (5, -5, 2**63 - 1, -(2**63), 1 << 40, -(1 << 33) - 7, 123456789 << 20)
    with database.writing() as connection:
        for number, shingle in enumerate(shingles):
            row = {"hash": shingle, "id": number}
            connection.execute(text("INSERT INTO article_shingle (hash, article_id) VALUES (:hash, :id)"), row)
    migrate.upgrade(database)
    with database.reading() as connection:
        hashes = connection.execute(text("SELECT hash FROM article_shingle ORDER BY article_id")).scalars().all()
    database.close()
    assert hashes == [short(shingle) for shingle in shingles]


def test_a_second_upgrade_does_nothing(database_url: str) -> None:
    database = Database(database_url)
    assert migrate.upgrade(database) == []
    database.close()


def test_a_newer_schema_is_refused(database_url: str) -> None:
    database = Database(database_url)
    with database.writing() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    for attempt in (migrate.upgrade, migrate.require, migrate.check):
        with pytest.raises(SchemaMismatch, match=r"9999, which is newer than this newswatch .*restore the backup"):
            attempt(database)
    database.close()


def test_an_empty_database_is_not_used_without_upgrade(empty_database_url: str) -> None:
    database = Database(empty_database_url)
    with pytest.raises(SchemaMismatch, match="run `newswatch db upgrade`"):
        migrate.require(database)
    database.close()


def test_migrators_that_start_together_do_not_collide(empty_database_url: str) -> None:
    results: list[object] = []

    def run() -> None:
        database = Database(empty_database_url)
        try:
            results.append(migrate.upgrade(database))
        except Exception as error:  # noqa: BLE001 - the test wants to see any
            results.append(error)
        finally:
            database.close()

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    done = [result for result in results if result]
    assert len(results) == 4
    assert [applied[-1] for applied in done if isinstance(applied, list)] == [migrate.head()]
    assert len(done) == 1


def test_backup_of_a_database_in_use(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path}/newswatch.db")
    migrate.upgrade(database)
    migrate.backup(database, tmp_path / "copy.db")
    database.close()
    copy = sqlite3.connect(tmp_path / "copy.db")
    assert copy.execute("SELECT version_num FROM alembic_version").fetchone() == (migrate.head(),)
    copy.close()


def test_an_unreachable_server_is_named_without_its_password() -> None:
    database = Database("postgresql://nw:s3cret@127.0.0.1:1/nw")
    with pytest.raises(DatabaseUnreachable) as caught:
        migrate.check(database)
    database.close()
    assert "127.0.0.1" in str(caught.value)
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize("url", ["mysql://host/name", "sqlite://", "sqlite:///:memory:", "not a url"])
def test_a_url_that_cannot_work_says_what_would(url: str) -> None:
    with pytest.raises(ConfigError, match=r"sqlite:///newswatch\.db"):
        Database(url)
