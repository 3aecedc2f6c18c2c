"""What a server sees: the rows of the citizen table that the fetcher alone decides. Names begin with the row."""

import base64
import gzip
import zlib

import pytest

from newswatch.citizen.scripted import ScriptedServer, answer
from newswatch.collect.http import FEED_ACCEPT, Fetcher
from newswatch.model import FetchFailure, FetchReason, FetchRequest, NotModified, Page, RequestOptions
from tests.collect.conftest import MakeFetcher

FEED = b'<?xml version="1.0"?><rss version="2.0"><channel><title>t</title></channel></rss>'


def request(url: str, **values: object) -> FetchRequest:
    return FetchRequest(url, FEED_ACCEPT, **values)  # type: ignore[arg-type]


async def test_c01_one_get_and_nothing_else(server: ScriptedServer, fetcher: Fetcher) -> None:
    page = await fetcher.fetch(request(server.on("/feed", answer(200, FEED))))
    assert isinstance(page, Page)
    assert page.body == FEED
    assert [(seen.method, seen.path) for seen in server.seen] == [("GET", "/feed")]


@pytest.mark.parametrize("etag", [b'"abc-1"', b'W/"x y"', b"abc", b'"a\\"b"', b'"caf\xe9"', b'"' + b"x" * 2000 + b'"'])
async def test_c02_c03_c04_validators_travel_byte_for_byte(
    server: ScriptedServer, fetcher: Fetcher, etag: bytes
) -> None:
    modified = b"2023-11-14 22:13:25, yesterday-ish"
    url = server.on("/f", answer(200, FEED, b"ETag: " + etag, b"Last-Modified: " + modified), answer(304))
    first = await fetcher.fetch(request(url))
    assert isinstance(first, Page)
    assert (first.etag, first.last_modified) == (etag, modified)
    second = await fetcher.fetch(request(url, etag=first.etag, last_modified=first.last_modified))
    assert isinstance(second, NotModified)
    assert server.seen[1].headers["if-none-match"] == etag
    assert server.seen[1].headers["if-modified-since"] == modified


async def test_c05_without_validators_the_request_is_unconditional(server: ScriptedServer, fetcher: Fetcher) -> None:
    await fetcher.fetch(request(server.on("/f", answer(200, FEED))))
    assert not {"if-none-match", "if-modified-since"} & server.seen[0].headers.keys()


async def test_c07_a_304_brings_new_validators(server: ScriptedServer, fetcher: Fetcher) -> None:
    url = server.on("/f", answer(304, b"", b'ETag: "new"'))
    outcome = await fetcher.fetch(request(url, etag=b'"old"'))
    assert isinstance(outcome, NotModified)
    assert (outcome.etag, outcome.last_modified) == (b'"new"', None)


async def test_c31_no_cookie_referer_or_range_is_ever_sent(server: ScriptedServer, fetcher: Fetcher) -> None:
    cookie = b"Set-Cookie: id=1; Path=/"
    server.on("/new", answer(200, FEED, cookie))
    url = server.on("/old", answer(302, b"", cookie, b"Location: /new"))
    await fetcher.fetch(request(url))
    await fetcher.fetch(request(url))
    assert len(server.seen) == 4
    for seen in server.seen:
        assert not {"cookie", "referer", "range"} & seen.headers.keys()


async def test_c32_path_and_query_stay_as_written(server: ScriptedServer, fetcher: Fetcher) -> None:
    server.on("/f", answer(200, FEED))
    await fetcher.fetch(request(server.url("/f?b=2&a=1&a=%7e#frag")))
    server.on("/a/../b//c;x=(1)", answer(200, FEED))
    await fetcher.fetch(request(server.url("/a/../b//c;x=(1)?")))
    assert [seen.path for seen in server.seen] == ["/f?b=2&a=1&a=%7e", "/a/../b//c;x=(1)?"]


async def test_c33_who_we_are_and_what_we_take(server: ScriptedServer, fetcher: Fetcher) -> None:
    await fetcher.fetch(request(server.on("/f", answer(200, FEED))))
    headers = server.seen[0].headers
    assert headers["user-agent"] == b"newswatch/1.2 (+https://github.com/newswatch/newswatch)"
    assert headers["host"] == f"127.0.0.1:{server.port}".encode()
    assert headers["accept-encoding"] == b"gzip, deflate"
    for kind in (b"application/rss+xml", b"application/atom+xml", b"application/feed+json"):
        assert kind in headers["accept"]


@pytest.mark.parametrize(
    ("coding", "body"),
    [
        (b"gzip", gzip.compress(FEED, mtime=0)),
        (b"deflate", zlib.compress(FEED)),
        (b"deflate", zlib.compress(FEED)[2:-4]),  # the bare stream that some servers send
        (b"gzip, gzip", gzip.compress(gzip.compress(FEED, mtime=0))),
        (b"identity", FEED),
    ],
)
async def test_c33_every_coding_offered_is_decoded(
    server: ScriptedServer, fetcher: Fetcher, coding: bytes, body: bytes
) -> None:
    page = await fetcher.fetch(request(server.on("/f", answer(200, body, b"Content-Encoding: " + coding))))
    assert isinstance(page, Page)
    assert page.body == FEED
    assert page.raw_bytes == len(body)


async def test_connections_are_used_again(server: ScriptedServer, fetcher: Fetcher) -> None:
    url = server.on("/f", answer(200, FEED), answer(304), answer(404, b"gone fishing"), answer(200, FEED))
    for _ in range(4):
        await fetcher.fetch(request(url, etag=b'"x"'))
    assert len(server.seen) == 4
    assert server.connections == 1


async def test_a_kept_connection_that_the_server_closed_is_replaced(server: ScriptedServer, fetcher: Fetcher) -> None:
    url = server.on("/f", answer(200, FEED))

    async def close_without_answer(*_: object) -> None:
        return None

    await fetcher.fetch(request(url))
    server.on("/f", close_without_answer, answer(200, FEED))
    outcome = await fetcher.fetch(request(url))
    assert isinstance(outcome, Page)
    assert server.connections == 2


async def test_content_type_and_final_url_are_reported(server: ScriptedServer, fetcher: Fetcher) -> None:
    server.on("/new", answer(200, FEED, b"Content-Type: text/xml; charset=euc-kr"))
    page = await fetcher.fetch(request(server.on("/old", answer(301, b"", b"Location: /new"))))
    assert isinstance(page, Page)
    assert page.content_type == "text/xml; charset=euc-kr"
    assert page.url == server.url("/old")
    assert page.final_url == server.url("/new")
    assert [(hop.status, hop.url) for hop in page.redirects] == [(301, server.url("/new"))]


# --- F34: credentials -------------------------------------------------------------------------------------------


async def test_f34_credentials_go_to_the_first_origin_only(make_fetcher: MakeFetcher, server: ScriptedServer) -> None:
    async with ScriptedServer() as other:
        other.on("/there", answer(200, FEED))
        server.on("/same", answer(302, b"", b"Location: " + other.url("/there").encode()))
        url = server.on("/f", answer(302, b"", b"Location: /same")).replace("://", "://me:s%40crt@")
        page = await make_fetcher().fetch(request(url))
        assert isinstance(page, Page)
        expected = b"Basic " + base64.b64encode(b"me:s@crt")
        assert [seen.headers.get("authorization") for seen in server.seen] == [expected, expected]
        assert "authorization" not in other.seen[0].headers
        assert "crt" not in page.final_url
        assert not any("crt" in hop.url for hop in page.redirects)


async def test_f34_failures_name_no_secret(fetcher: Fetcher, server: ScriptedServer) -> None:
    url = server.on("/f", answer(403)).replace("://", "://me:hunter2@") + "?token=hunter3"
    outcome = await fetcher.fetch(request(url))
    assert isinstance(outcome, FetchFailure)
    assert outcome.reason is FetchReason.HTTP
    assert "hunter" not in outcome.detail


async def test_f34_a_redirect_cannot_bring_credentials_of_its_own(server: ScriptedServer, fetcher: Fetcher) -> None:
    server.on("/new", answer(200, FEED))
    location = server.url("/new").replace("://", "://evil:pw@").encode()
    await fetcher.fetch(request(server.on("/f", answer(302, b"", b"Location: " + location))))
    assert "authorization" not in server.seen[1].headers


# --- what the user wants to be different ------------------------------------------------------------------------


async def test_headers_of_the_user_go_to_the_first_origin_and_the_agent_everywhere(
    server: ScriptedServer, fetcher: Fetcher
) -> None:
    options = RequestOptions(
        "Mozilla/5.0", (("Cookie", "sub=1"), ("Accept-Language", "ko"), ("Authorization", "Basic eA=="))
    )
    async with ScriptedServer() as other:
        other.on("/there", answer(200, FEED))
        server.on("/same", answer(302, b"", b"Location: " + other.url("/there").encode()))
        await fetcher.fetch(request(server.on("/f", answer(302, b"", b"Location: /same")), options=options))
        for seen in server.seen:
            assert seen.headers["user-agent"] == b"Mozilla/5.0"
            assert seen.headers["cookie"] == b"sub=1"
            assert seen.headers["accept-language"] == b"ko"
            assert seen.headers["authorization"] == b"Basic eA=="
        (elsewhere,) = other.seen
        assert elsewhere.headers["user-agent"] == b"Mozilla/5.0"
        assert not {"cookie", "accept-language", "authorization"} & elsewhere.headers.keys()


async def test_a_header_of_the_user_takes_the_place_of_ours(server: ScriptedServer, fetcher: Fetcher) -> None:
    options = RequestOptions(headers=(("accept", "text/xml"),))
    await fetcher.fetch(request(server.on("/f", answer(200, FEED)), options=options))
    assert server.seen[0].head.lower().count(b"\r\naccept:") == 1
    assert server.seen[0].headers["accept"] == b"text/xml"


async def test_a_proxy_for_one_feed_alone(server: ScriptedServer, make_fetcher: MakeFetcher) -> None:
    fetcher = make_fetcher(host_spacing=0)
    server.on("http://public.example/f", answer(200, FEED))
    direct = server.on("/direct", answer(200, FEED))
    options = RequestOptions(proxy=server.url("").replace("://", "://user:pass@"))
    assert isinstance(await fetcher.fetch(request("http://public.example/f", options=options)), Page)
    assert isinstance(await fetcher.fetch(request(direct)), Page)
    assert [seen.path for seen in server.seen] == ["http://public.example/f", "/direct"]
    assert "proxy-authorization" not in server.seen[1].headers
    blocked = await make_fetcher(allow_networks=()).fetch(request("http://10.0.0.1/", options=options))
    assert isinstance(blocked, FetchFailure)
    assert blocked.reason is FetchReason.BLOCKED_ADDRESS


# --- through a proxy ----------------------------------------------------------------------------------------------


async def test_a_proxy_makes_the_connections(server: ScriptedServer, make_fetcher: MakeFetcher) -> None:
    fetcher = make_fetcher(proxy=server.url("").replace("://", "://user:pass@"), host_spacing=0)
    server.on("http://public.example/f", answer(200, FEED))
    page = await fetcher.fetch(request("http://public.example/f?a=%7e#frag"))
    assert isinstance(page, Page)
    (seen,) = server.seen
    assert (seen.method, seen.path) == ("GET", "http://public.example/f?a=%7e")
    assert seen.headers["proxy-authorization"] == b"Basic " + base64.b64encode(b"user:pass")


async def test_f11_written_out_private_addresses_are_not_asked_of_a_proxy(
    server: ScriptedServer, make_fetcher: MakeFetcher
) -> None:
    fetcher = make_fetcher(proxy=server.url(""), allow_networks=())
    outcome = await fetcher.fetch(request("http://169.254.169.254/latest/meta-data/"))
    assert isinstance(outcome, FetchFailure)
    assert outcome.reason is FetchReason.BLOCKED_ADDRESS
    assert server.seen == []


async def test_a_proxy_that_does_not_answer_is_a_connect_failure(make_fetcher: MakeFetcher) -> None:
    outcome = await make_fetcher(proxy="http://127.0.0.1:1").fetch(request("http://public.example/f"))
    assert isinstance(outcome, FetchFailure)
    assert outcome.reason is FetchReason.CONNECT


async def test_the_environments_proxy_is_not_used(
    server: ScriptedServer, fetcher: Fetcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")
    assert isinstance(await fetcher.fetch(request(server.on("/f", answer(200, FEED)))), Page)
