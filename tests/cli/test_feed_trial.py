"""`feeds test` against a real server on loopback."""

import asyncio
from pathlib import Path

import pytest

from newswatch.cli.main import main
from newswatch.demo.loopback import Answer, LoopbackServer, Request
from tests.cli.conftest import Ran

RSS = b"""<?xml version="1.0"?><rss version="2.0"><channel><title>The Lantern</title><link>https://lantern.example/</link>
<item><title>Harbour plan agreed</title><link>https://lantern.example/1</link><guid>1</guid>
<pubDate>Tue, 13 Jan 2026 08:00:00 GMT</pubDate></item></channel></rss>"""
PAGE = b"""<!doctype html><html><head><title>The Lantern</title>
<link rel="alternate" type="application/rss+xml" href="/good"></head><body><p>Welcome.</p></body></html>"""


def answer(request: Request) -> Answer:
    """Serve a feed, a page and nothing."""
    match request.path:
        case "/good":
            return Answer(body=RSS, content_type="application/rss+xml", headers=(("ETag", '"1"'),))
        case "/page":
            return Answer(body=PAGE, content_type="text/html")
        case _:
            return Answer(status=404)


async def try_them(folder: Path, capsys: pytest.CaptureFixture[str], paths: list[str], *options: str) -> Ran:
    """Run `newswatch feeds test` with these paths of a server as the configured feeds."""
    async with LoopbackServer(answer) as server:
        tables = [f'[[feeds]]\nurl = "{server.url}{path}"\nname = "{path}"\nallow_private = true\n' for path in paths]
        path = folder / "feeds.toml"
        path.write_text("[http]\nhost_spacing = 0\n" + "".join(tables))
        capsys.readouterr()
        code = await asyncio.to_thread(main, ["feeds", "test", "--config", str(path), *options])
    printed = capsys.readouterr()
    return Ran(code, printed.out, printed.err)


async def test_feeds_that_work(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ran = await try_them(tmp_path, capsys, ["/good"])
    assert ran.code == 0, ran.err
    assert "rss: The Lantern" in ran.out
    assert not (tmp_path / "newswatch.db").exists()


async def test_feeds_that_do_not(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ran = await try_them(tmp_path, capsys, ["/good", "/page", "/none"], "--json")
    assert ran.code == 1
    good, page, none = ran.json["results"]
    assert (good["ok"], good["entries"], good["newest"], good["conditional"]) == (True, 1, "2026-01-13T08:00:00Z", True)
    assert (page["ok"], page["reason"]) == (False, "not_a_feed")
    assert page["links"][0].endswith("/good")
    assert (none["ok"], none["reason"]) == (False, "http")
    assert "404" in none["detail"]


async def test_why_not_and_what_to_do(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ran = await try_them(tmp_path, capsys, ["/good", "/page", "/none"])
    assert "3 of" not in ran.err
    assert "2 of 3 do not work: 1 not_a_feed, 1 http" in ran.err
    assert "/none: it has moved or ended; look for its address on the publisher's site" in ran.err
    assert "nothing new for more than a month" in ran.out
    found = (await try_them(tmp_path, capsys, ["/none"], "--json")).json["results"][0]
    assert (found["status"], found["advice"]) == (
        404,
        "it has moved or ended; look for its address on the publisher's site",
    )


async def test_one_by_name(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ran = await try_them(tmp_path, capsys, ["/good", "/none"], "/good")
    assert ran.code == 0
    assert "/none" not in ran.out
    unknown = await try_them(tmp_path, capsys, ["/good"], "Nonsense")
    assert unknown.code == 1
    assert "no feed 'Nonsense'" in unknown.err


def page(name: str, older: str = "") -> bytes:
    link = f"<link xmlns='http://www.w3.org/2005/Atom' rel='prev-archive' href='/{older}'/>" if older else ""
    item = f"<item><title>{name}</title></item>"
    return f"<rss version='2.0'><channel><title>t</title>{link}{item}</channel></rss>".encode()


async def test_backfill(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "newswatch.toml"
    path.write_text("[http]\nhost_spacing = 0\n[rules]\npacks = []\n")

    async def feeds(*arguments: str) -> Ran:
        capsys.readouterr()
        code = await asyncio.to_thread(main, ["feeds", *arguments, "--config", str(path)])
        printed = capsys.readouterr()
        return Ran(code, printed.out, printed.err)

    pages = {"/now": page("now", "2"), "/2": page("two", "1"), "/1": page("one")}
    async with LoopbackServer(lambda request: Answer(body=pages[request.path])) as server:
        await feeds("add", f"{server.url}/now", "--name", "A", "--allow-private")
        assert (await feeds("backfill", "A")).out == "A: 2 new entries on 2 pages; the archive ends here\n"
        again = (await feeds("backfill", "A", "--json")).json
    assert (again["pages"], again["new_entries"], again["ended"]) == (1, 0, "everything older is known")
