"""Reading the configuration: layers, secrets, paths, and every mistake at once with its place and remedy."""

from pathlib import Path
from textwrap import dedent

import pytest

from newswatch.config import Config, find_config, load_config
from newswatch.config.show import redacted
from newswatch.errors import ConfigError, Problem
from newswatch.model import FeedStatus, RequestOptions, Severity
from newswatch.notify.settings import FeedDestination, FileDestination, SlackDestination, WebhookDestination

LONG_KEY = "QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUE="


def write(folder: Path, text: str) -> Path:
    """Write newswatch.toml and return its path."""
    path = folder / "newswatch.toml"
    path.write_text(dedent(text), encoding="utf-8")
    return path


def problems(folder: Path, text: str, environ: dict[str, str] | None = None) -> list[Problem]:
    """Return what is wrong with a configuration."""
    with pytest.raises(ConfigError) as caught:
        load_config(write(folder, text), environ=environ or {})
    return list(caught.value.problems)


def only(folder: Path, text: str, environ: dict[str, str] | None = None) -> Problem:
    """Return the one thing that is wrong with a configuration."""
    found = problems(folder, text, environ)
    assert len(found) == 1, found
    return found[0]


# --- what is read ----------------------------------------------------------------------------------------------------


def test_nothing_given_is_all_defaults(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    config = load_config(None, environ={})
    assert config.source_path is None
    assert config.database.url.get_secret_value() == f"sqlite:///{tmp_path}/newswatch.db"
    assert config.feeds == ()
    assert config.web.listen == "127.0.0.1:8700"
    assert config.daemon.shutdown_grace == 25


def test_the_file_of_the_current_folder_is_found(tmp_path: Path) -> None:
    assert find_config({}, tmp_path) is None
    path = write(tmp_path, "")
    assert find_config({}, tmp_path) == path
    assert find_config({"NEWSWATCH_CONFIG": "/etc/nw.toml"}, tmp_path) == Path("/etc/nw.toml")


def test_values_have_their_types(tmp_path: Path) -> None:
    config = load_config(
        write(
            tmp_path,
            """
            [alerts]
            group_wait = "1m30s"
            [http]
            max_page_size = "512KiB"
            allow_networks = ["10.0.0.0/8"]
            [[feeds]]
            url = "https://news.example/rss"
            interval = "10m"
            enabled = false
            [[feeds]]
            url = "https://other.example/rss"
            name = "Other"
            source = "The Other Paper"
            """,
        ),
        environ={},
    )
    assert config.alerts.group_wait == 90
    assert config.http.max_page_size == 512 * 1024
    first, second = config.feed_values
    assert (first.name, first.interval_s, first.status, first.origin) == (
        "news.example",
        600,
        FeedStatus.DISABLED,
        "config",
    )
    assert (second.name, second.source_name, second.status) == ("Other", "The Other Paper", FeedStatus.ACTIVE)


def test_feeds_say_what_their_requests_are_like(tmp_path: Path) -> None:
    (tmp_path / "cookie").write_text("subscription=1\n")
    config = load_config(
        write(
            tmp_path,
            """
            [[feeds]]
            url = "https://a.example/rss"
            user_agent = "Mozilla/5.0"
            headers = { Accept-Language = "ko", X-Key = "s3cret" }
            cookie_file = "cookie"
            username = "me"
            password = "hunter2"
            proxy = "http://proxy.example:3128"
            priority = 5
            [[feeds]]
            url = "https://b.example/rss"
            [http.hosts."blogs.example"]
            apart = true
            spacing = "5s"
            """,
        ),
        environ={},
    )
    assert config.request_options == {
        "https://a.example/rss": RequestOptions(
            "Mozilla/5.0",
            (
                ("Accept-Language", "ko"),
                ("X-Key", "s3cret"),
                ("Cookie", "subscription=1"),
                ("Authorization", "Basic bWU6aHVudGVyMg=="),
            ),
            "http://proxy.example:3128",
        )
    }
    assert config.feed_values[0].priority == 5
    assert config.http.hosts["blogs.example"].spacing == 5.0
    for secret in ("s3cret", "hunter2", "subscription"):
        assert secret not in redacted(config)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('headers = { Host = "x" }', "Host cannot be set here"),
        ('headers = { Cookie = "x" }', "there are user_agent, cookie, username and password"),
        ('headers = { "X y" = "x" }', "'X y' is not the name of a header"),
        ('headers = { X = "한국" }', "one line of ASCII characters"),
        ('cookie = "a\\r\\nX: y"', "one line of ASCII characters"),
        ('password = "x"', "a password needs a username"),
        ('proxy = "socks://x"', "is not a web address"),
        ('kind = "page"', "a page needs a selector"),
        ('selector = "a"', "a page needs a selector"),
        ('kind = "page"\nselector = "a:hover"', "is not understood as CSS"),
    ],
)
def test_requests_that_cannot_be_made(line: str, message: str, tmp_path: Path) -> None:
    problem = only(tmp_path, f'[[feeds]]\nurl = "https://a.example/rss"\n{line}\n')
    assert message in problem.message


def test_relative_paths_are_relative_to_the_file(tmp_path: Path) -> None:
    config = load_config(
        write(
            tmp_path,
            """
            [database]
            url = "sqlite:///data/nw.db?x=1"
            [rules]
            packs = ["korea-japan-summit", "packs/mine.toml", "/etc/pack.toml"]
            [destinations.log]
            type = "file"
            path = "alerts.jsonl"
            [destinations.readers]
            type = "feed"
            folder = "feeds"
            """,
        ),
        environ={},
    )
    assert config.database.url.get_secret_value() == f"sqlite:///{tmp_path}/data/nw.db?x=1"
    assert config.rules.packs == ("korea-japan-summit", f"{tmp_path}/packs/mine.toml", "/etc/pack.toml")
    log = config.destinations["log"]
    assert isinstance(log, FileDestination)
    assert log.path == f"{tmp_path}/alerts.jsonl"
    readers = config.destinations["readers"]
    assert isinstance(readers, FeedDestination)
    assert readers.folder == f"{tmp_path}/feeds"
    assert config.folder == tmp_path
    assert config.source_path == tmp_path / "newswatch.toml"


@pytest.mark.parametrize("url", ["sqlite:////srv/nw.db", "postgresql://nw@db/nw"])
def test_other_database_urls_stay(tmp_path: Path, url: str) -> None:
    config = load_config(write(tmp_path, f'database.url = "{url}"'), environ={})
    assert config.database.url.get_secret_value() == url


def test_routes_and_destinations_become_values(tmp_path: Path) -> None:
    config = load_config(
        write(
            tmp_path,
            """
            [smtp.main]
            host = "mail.example.org"
            from = "nw@example.org"
            [destinations.duty]
            type = "email"
            to = ["a@example.org"]
            [[routes]]
            match = { rule = "summit", severity = ">= high" }
            to = ["duty"]
            continue = false
            """,
        ),
        environ={},
    )
    (route,) = config.route_values
    assert (route.rules, route.min_severity, route.max_severity) == (("summit",), Severity.HIGH, Severity.FLASH)
    assert route.continue_ is False
    assert config.destinations_values()["duty"].smtp is config.smtp["main"]


def test_a_byte_order_mark_is_no_mistake(tmp_path: Path) -> None:
    path = tmp_path / "newswatch.toml"
    path.write_bytes(b'\xef\xbb\xbf[log]\nlevel = "debug"\n')
    assert load_config(path, environ={}).log.level == "debug"


def test_the_hash_follows_settings_and_not_secrets(tmp_path: Path) -> None:
    def load(text: str) -> Config:
        return load_config(write(tmp_path, text), environ={})

    plain = load("")
    assert load("# comment").hash == plain.hash
    assert load('[log]\nlevel = "debug"').hash != plain.hash
    one, other = (load(f'[destinations.d]\ntype="webhook"\nurl="https://{host}.example/"') for host in "ab")
    assert one.hash == other.hash
    assert one != other


# --- environment -----------------------------------------------------------------------------------------------------


def test_the_environment_goes_before_the_file(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        """
        [log]
        level = "debug"
        [destinations.duty-mail]
        type = "webhook"
        url = "https://old.example/"
        """,
    )
    config = load_config(
        path,
        environ={
            "NEWSWATCH__LOG__LEVEL": "warning",
            "NEWSWATCH__HTTP__CONCURRENCY": "7",
            "NEWSWATCH__WEB__ENABLED": "false",
            "NEWSWATCH__RULES__PACKS": '["a", "b"]',
            "NEWSWATCH__DESTINATIONS__DUTY_MAIL__URL": "https://new.example/",
            "NEWSWATCH_OTHER": "ignored",
        },
    )
    assert (config.log.level, config.http.concurrency, config.web.enabled) == ("warning", 7, False)
    assert config.rules.packs == ("a", "b")
    duty = config.destinations["duty-mail"]
    assert isinstance(duty, WebhookDestination)
    assert duty.url.get_secret_value() == "https://new.example/"


def test_a_variable_replaces_the_other_form_of_a_secret(tmp_path: Path) -> None:
    path = write(tmp_path, '[database]\nurl_file = "missing"')
    config = load_config(path, environ={"NEWSWATCH__DATABASE__URL": "sqlite:////srv/nw.db"})
    assert config.database.url.get_secret_value() == "sqlite:////srv/nw.db"


def test_mistakes_in_the_environment_name_the_variable(tmp_path: Path) -> None:
    found = problems(
        tmp_path,
        'log.level = "info"',
        {
            "NEWSWATCH__LOG__LEVEL": "loud",
            "NEWSWATCH__LOGG__LEVEL": "info",
            "NEWSWATCH__RULES__PACKS": "[1,",
            "NEWSWATCH__LOG__LEVEL__X": "1",
            "NEWSWATCH__": "1",
        },
    )
    by_place = {problem.where: problem for problem in found}
    assert set(by_place) == {
        "environment variable NEWSWATCH__LOG__LEVEL",
        "environment variable NEWSWATCH__LOGG__LEVEL",
        "environment variable NEWSWATCH__RULES__PACKS",
        "environment variable NEWSWATCH__LOG__LEVEL__X",
        "environment variable NEWSWATCH__",
    }
    assert "did you mean log?" in by_place["environment variable NEWSWATCH__LOGG__LEVEL"].remedy
    assert by_place["environment variable NEWSWATCH__LOG__LEVEL"].line is None


# --- secrets ---------------------------------------------------------------------------------------------------------

_SLACK = """
[destinations.desk]
type = "slack"
channel = "C1"
token_file = "{file}"
"""


def token(config: Config) -> str:
    """Return the token of the destination `desk`."""
    desk = config.destinations["desk"]
    assert isinstance(desk, SlackDestination)
    assert desk.token is not None
    return desk.token.get_secret_value()


def test_a_secret_comes_from_its_file(tmp_path: Path) -> None:
    (tmp_path / "slack").write_text("xoxb-from-file\n")
    assert token(load_config(write(tmp_path, _SLACK.format(file="slack")), environ={})) == "xoxb-from-file"


def test_systemd_credentials_go_before_the_folder(tmp_path: Path) -> None:
    (tmp_path / "slack").write_text("from-folder")
    credentials = tmp_path / "credentials"
    credentials.mkdir()
    path = write(tmp_path, _SLACK.format(file="slack"))
    environ = {"CREDENTIALS_DIRECTORY": str(credentials)}
    assert token(load_config(path, environ=environ)) == "from-folder"
    (credentials / "slack").write_text("from-systemd")
    assert token(load_config(path, environ=environ)) == "from-systemd"


def test_a_required_secret_may_come_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "hook").write_text("https://hook.example/")
    config = load_config(write(tmp_path, '[destinations.d]\ntype="webhook"\nurl_file="hook"'), environ={})
    hook = config.destinations["d"]
    assert isinstance(hook, WebhookDestination)
    assert hook.url.get_secret_value() == "https://hook.example/"


def test_a_secret_given_twice(tmp_path: Path) -> None:
    (tmp_path / "slack").write_text("x")
    found = only(tmp_path, _SLACK.format(file="slack") + 'token = "y"')
    assert "both token and token_file are given" in found.message
    assert found.line == 5


def test_a_secret_given_twice_in_the_environment(tmp_path: Path) -> None:
    environ = {"NEWSWATCH__DATABASE__URL": "sqlite:///a.db", "NEWSWATCH__DATABASE__URL_FILE": "x"}
    assert "both url and url_file are given" in only(tmp_path, "", environ).message


@pytest.mark.parametrize(
    ("content", "message"),
    [(None, "does not exist"), (b"", "is empty"), (b" \n", "is empty"), (b"\xff\xfe", "it is not UTF-8 text")],
)
def test_secret_files_that_cannot_be_used(tmp_path: Path, content: bytes | None, message: str) -> None:
    if content is not None:
        (tmp_path / "slack").write_bytes(content)
    found = only(tmp_path, _SLACK.format(file="slack"))
    assert message in found.message
    assert str(tmp_path / "slack") in found.message
    assert found.line == 5
    assert found.remedy


def test_a_secret_file_that_is_a_folder(tmp_path: Path) -> None:
    (tmp_path / "slack").mkdir()
    assert "cannot be read" in only(tmp_path, _SLACK.format(file="slack")).message


def test_only_secrets_have_files(tmp_path: Path) -> None:
    assert "there is no such setting" in only(tmp_path, '[log]\nlevel_file = "x"').message


# --- mistakes --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "line", "column", "message", "remedy"),
    [
        ("[alert]\ngroup_wait = 1", 1, 1, "alert: there is no such setting", "did you mean alerts?"),
        ("[alerts]\n\ngroup_wiat = 1", 3, 1, "alerts.group_wiat: there is no such setting", "did you mean group_wait?"),
        ('[alerts]\nlisten = "x"', 2, 1, "there is no such setting here", "listen belongs in [web]"),
        ('[alerts]\ngroup_wait = "1x"', 2, 1, "'1x' is not a duration", ""),
        ("[http]\nconcurrency = 0", 2, 1, "http.concurrency: must be at least 1", ""),
        ('[http]\nconcurrency = "many"', 2, 1, "a whole number is expected", ""),
        ("[log]\nlevel = 3", 2, 1, "must be 'debug', 'info', 'warning' or 'error', not 3", ""),
        ('[web]\nlisten = "here"', 2, 1, "'here' is not an address", ""),
        ("web = 1", 1, 1, "web: a table is expected", "write [web] on a line of its own"),
        ('feeds = "x"', 1, 1, "feeds: a list", ""),
        ("[[feeds]]\nname = 'x'", 1, 1, "feeds[1].url: is required", "add it"),
        ("[[feeds]]\nurl = 'ftp://x'", 2, 1, "'ftp://x' is not a web address", ""),
        ("[[feeds]]\nurl = 'http://x/'\ntime_zone = 'Seoul'", 3, 1, "'Seoul' is not a time zone", ""),
        ("[destinations.d]\ntype = 'slak'", 2, 1, 'there is no type "slak"', "did you mean slack?"),
        ("[destinations.d]\nto = ['x']", 1, 1, "destinations.d.type: is required", "email"),
        ("[destinations.d]\ntype = 'email'\nto = []", 3, 1, "destinations.d.to: at least 1 is needed", ""),
        ("[smtp.main]\nhost = 'h'", 1, 1, "smtp.main.from: is required", "add it"),
        ("[[routes]]\nto = ['x']\nmatch.severity = 'urgent'", 3, 7, "routes[1].match.severity", ""),
        ("[database]\nurl = 'mysql://x/y'", 2, 1, "is not the address of an SQLite or PostgreSQL database", "sqlite:"),
        ("[http]\nallow_networks = [\n 'x']", 3, 2, "http.allow_networks[1]", ""),
    ],
)
def test_one_mistake(tmp_path: Path, text: str, line: int, column: int, message: str, remedy: str) -> None:
    # A route that names nothing is another mistake; only the one asked for counts here.
    found = [p for p in problems(tmp_path, text) if "no destination" not in p.message]
    assert len(found) == 1, found
    assert message in found[0].message
    assert remedy in found[0].remedy
    assert (found[0].line, found[0].column) == (line, column)
    assert found[0].where.endswith("newswatch.toml")


@pytest.mark.parametrize(
    ("text", "line", "message", "remedy"),
    [
        (
            "[destinations.desk]\ntype = 'terminal'\n[[routes]]\nto = ['desk', 'dsk']",
            4,
            'routes[1].to[2]: there is no destination "dsk"',
            "did you mean desk?",
        ),
        ("[[routes]]\nto = ['desk']", 2, 'no destination "desk"', "add [destinations.desk]"),
        (
            "[destinations.d]\ntype = 'email'\nto = ['x@example.org']",
            1,
            'no mail server "main"',
            "add [smtp.main] with host and from",
        ),
        ("[destinations.d]\ntype = 'slack'", 1, "a way into Slack is missing", "token_file and channel"),
        ("[destinations.d]\ntype = 'slack'\ntoken = 't'", 1, "channel: is required with a token", "C0123"),
        (
            "[destinations.d]\ntype = 'slack'\nwebhook_url = 'https://h/'\ntoken = 't'",
            4,
            "token: does not go with webhook_url",
            "keep",
        ),
        (
            "[alerts]\nsend_timeout = '20s'\nambiguous_guard = '20s'",
            3,
            "alerts.ambiguous_guard: must be longer than send_timeout",
            "",
        ),
        (
            "[web]\nenabled = false\n[websub]\ncallback_url = 'https://w.example/'",
            4,
            "websub.callback_url: leads nowhere while web.enabled is false",
            "enable it",
        ),
        ("[web]\nbase_url = 'https://w.example/#a'", 2, "has a query or fragment", "up to the path"),
        ("[web]\nbase_url = 'https://w.example/ü'", 2, "has characters that links cannot have", "ASCII"),
        ('[web]\nbase_url = "https://w.example/\\n"', 2, "has characters that links cannot have", "ASCII"),
        ("[feedback]\nkeys = 'c2hvcnQ='", 2, "a key has at least 32 bytes; `openssl rand -base64 32` makes one", ""),
        (f"[feedback]\nkeys = '{LONG_KEY}'", 2, "nowhere to lead without web.base_url", "add base_url"),
        (
            f"[web]\nbase_url = 'https://w.example'\nenabled = false\n[feedback]\nkeys = '{LONG_KEY}'",
            5,
            "nobody answers while web.enabled is false",
            "enable it",
        ),
        (
            "[browser]\nenabled = true\n[http]\nproxy = 'http://proxy.example:3128'",
            2,
            "browser.enabled: does not go with http.proxy",
            "use one",
        ),
        ("[websub]\ncallback_url = 'https://w.example/?a=1'", 2, "has a query or fragment", "up to the path"),
        ("[polling]\nmax_interval = '10m'\nmin_interval_unvalidated = '5m'", 1, "longer than polling.max_interval", ""),
        (
            "[smtp.m]\nhost = 'h'\nfrom = 'a@b.example'\nusername = 'u'",
            1,
            "smtp.m.password: is required with username",
            "password_file",
        ),
        (
            "[[feeds]]\nurl = 'https://News.example/rss'\n[[feeds]]\nurl = 'https://news.example/rss#x'",
            4,
            "feeds[2].url: this feed is already in the list, as number 1",
            "remove one",
        ),
    ],
)
def test_mistakes_between_sections(tmp_path: Path, text: str, line: int, message: str, remedy: str) -> None:
    found = only(tmp_path, text)
    assert message in found.message
    assert remedy in found.remedy
    assert found.line == line


def test_every_mistake_at_once_in_the_order_of_the_file(tmp_path: Path) -> None:
    found = problems(
        tmp_path,
        """\
        [alerts]
        group_wait = "soon"
        retry_for = -1

        [destinations.broken]
        type = "slack"
        chanel = "C1"

        [destinations.unfinished]
        type = "slack"

        [[routes]]
        to = ["broken", "nowhere"]

        [[feeds]]
        url = "nonsense"
        [[feeds]]
        url = "https://a.example/"
        [[feeds]]
        url = "https://a.example/"
        """,
    )
    assert [(problem.line, problem.message.partition(":")[0]) for problem in found] == [
        (2, "alerts.group_wait"),
        (3, "alerts.retry_for"),
        (7, "destinations.broken.chanel"),
        (9, "destinations.unfinished"),
        (13, "routes[1].to[2]"),
        (16, "feeds[1].url"),
        (20, "feeds[3].url"),
    ]


def test_secrets_are_never_shown(tmp_path: Path) -> None:
    found = problems(tmp_path, "[database]\nurl = ['hunter2']\n[destinations.d]\ntype='webhook'\nurl=['hunter2']")
    assert len(found) == 2
    assert "hunter2" not in "\n".join(map(str, found))


def test_no_such_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        load_config(tmp_path / "none.toml", environ={})
    assert "there is no such file" in str(caught.value)
    assert "newswatch init" in str(caught.value)


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read: Is a directory"):
        load_config(tmp_path, environ={})


def test_not_utf8(tmp_path: Path) -> None:
    path = tmp_path / "newswatch.toml"
    path.write_bytes(b"[log]\n# \xff\n")
    with pytest.raises(ConfigError, match=r"newswatch\.toml:2: is not UTF-8 text"):
        load_config(path, environ={})


def test_broken_toml(tmp_path: Path) -> None:
    found = only(tmp_path, "[log]\nlevel = \n")
    assert "not valid TOML" in found.message
    assert (found.line, found.column) == (2, 9)
