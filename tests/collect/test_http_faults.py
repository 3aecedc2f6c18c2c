"""What servers and networks do wrong: the fault table, as far as the fetcher decides. Names begin with the row."""

import asyncio
import base64
import gzip
import ssl
import zlib
from collections.abc import Sequence
from pathlib import Path

import pytest

from newswatch.citizen.scripted import ScriptedServer, Seen, Wire, answer
from newswatch.collect.decoding import OFFERED
from newswatch.collect.http import FEED_ACCEPT, Fetcher
from newswatch.model import FetchFailure, FetchOutcome, FetchReason, FetchRequest, Page
from tests.collect.conftest import MakeFetcher
from tests.memory import growing

FEED = b'<?xml version="1.0"?><rss version="2.0"><channel><title>t</title></channel></rss>'
CERTIFICATES = Path(__file__).parent / "certificates"
MB = 1_000_000
# 256 MiB of zeros each. Brotli: as its own encoder wrote them. Zstandard (RFC 8878, section 3.1.1): magic number, a
# window of 2 MiB, then 2048 blocks of the kind "this byte 131,072 times".
BROTLI_BOMB = base64.b64decode(
    "z///fwAkAOKxQHLv//n//w+ABEAcFoDu/T////8BkACIwwLQvf/n//8/ABIAcVgAuvf//P//B0ACIA4LQPf+n////wBIAMRhAeje//P//x8ACYA4LADd+3/+"
    "//8DIAEQhwWge//P//9/ACQA4rAAdO//+f//D4AEQBwWgO79P////wGQAIjDAtC9/+f//z8AEgBxWAC69//8//8HQAIgDgtA9/6f////AEgAxGEB6N7/8///"
    "HwAJgDgsAN37f/7//wMgARCHBaB7/z8="
)
ZSTD_BOMB = b"\x28\xb5\x2f\xfd\x00\x58" + b"\x02\x00\x10\x00" * 2047 + b"\x03\x00\x10\x00"


def request(url: str, **values: object) -> FetchRequest:
    return FetchRequest(url, FEED_ACCEPT, **values)  # type: ignore[arg-type]


def reason(outcome: FetchOutcome) -> FetchReason:
    assert isinstance(outcome, FetchFailure), outcome
    assert outcome.detail
    return outcome.reason


async def test_f01_headers_in_drops_end_at_the_deadline(server: ScriptedServer, fetcher: Fetcher) -> None:
    async def drip(_: Seen, wire: Wire) -> None:
        for byte in answer(200, FEED):
            await wire.send(bytes([byte]))
            await asyncio.sleep(0.05)

    outcome = await fetcher.fetch(request(server.on("/f", drip), deadline_s=0.3))
    assert reason(outcome) is FetchReason.DEADLINE


async def test_f02_a_body_in_drops_ends_at_the_deadline(server: ScriptedServer, fetcher: Fetcher) -> None:
    async def drip(_: Seen, wire: Wire) -> None:
        await wire.send(answer(200, length=False))
        while True:
            await wire.send(b"x")
            await asyncio.sleep(0.02)

    outcome = await fetcher.fetch(request(server.on("/f", drip), deadline_s=0.3))
    assert reason(outcome) is FetchReason.DEADLINE


async def test_f03_silence_refusal_reset_and_names_have_reasons_of_their_own(
    server: ScriptedServer, make_fetcher: MakeFetcher
) -> None:
    async def silence(*_: object) -> None:
        await asyncio.sleep(3600)

    async def reset(_: Seen, wire: Wire) -> None:
        wire.reset()

    async def unknown(host: str, port: int) -> Sequence[str]:
        raise OSError(-2, "Name or service not known")

    async def stalled(host: str, port: int) -> Sequence[str]:
        await asyncio.sleep(3600)
        return []

    fetcher = make_fetcher(read_timeout=0.2)
    assert reason(await fetcher.fetch(request(server.on("/silent", silence)))) is FetchReason.DEADLINE
    assert reason(await fetcher.fetch(request(server.on("/reset", reset)))) is FetchReason.RESET
    assert reason(await fetcher.fetch(request("http://127.0.0.1:1/"))) is FetchReason.CONNECT
    assert reason(await make_fetcher(resolver=unknown).fetch(request("http://a.example/"))) is FetchReason.DNS
    patient = make_fetcher(resolver=stalled, connect_timeout=0.1)
    assert reason(await patient.fetch(request("http://a.example/"))) is FetchReason.DNS


async def test_f03_an_address_that_does_not_answer_does_not_hide_one_that_does(
    server: ScriptedServer, make_fetcher: MakeFetcher
) -> None:
    asked: list[str] = []

    async def two(host: str, port: int) -> Sequence[str]:
        return ["203.0.113.1", "93.184.216.34"] if host == "blocked.example" else ["93.184.216.33", "93.184.216.34"]

    async def connect(address: str, port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        asked.append(address)
        if address.endswith("33"):
            raise ConnectionRefusedError(111, "Connection refused")
        return await asyncio.open_connection("127.0.0.1", server.port)

    server.on("/f", answer(200, FEED))
    outcome = await make_fetcher(resolver=two, backend=connect).fetch(request("http://two.example/f"))
    assert isinstance(outcome, Page)
    assert asked == ["93.184.216.33", "93.184.216.34"]


@pytest.mark.parametrize("certificate", ["expired", "self-signed", "other-name"])
async def test_f04_bad_certificates_are_refused(
    make_fetcher: MakeFetcher, monkeypatch: pytest.MonkeyPatch, certificate: str
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATES / "authority.pem"))
    async with ScriptedServer(tls=_tls(certificate)) as server:
        outcome = await make_fetcher().fetch(request(server.on("/f", answer(200, FEED))))
        assert reason(outcome) is FetchReason.TLS
        assert server.seen == []


async def test_f04_a_good_certificate_is_taken(make_fetcher: MakeFetcher, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATES / "authority.pem"))
    async with ScriptedServer(tls=_tls("good")) as server:
        outcome = await make_fetcher().fetch(request(server.on("/f", answer(200, FEED))))
        assert isinstance(outcome, Page)
        assert outcome.body == FEED


async def test_f04_a_server_that_speaks_no_tls_is_a_tls_failure(fetcher: Fetcher) -> None:
    async def plain(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()

    async with await asyncio.start_server(plain, "127.0.0.1", 0) as listening:
        port = listening.sockets[0].getsockname()[1]
        assert reason(await fetcher.fetch(request(f"https://127.0.0.1:{port}/"))) is FetchReason.TLS


@pytest.mark.parametrize("announced", [True, False])
async def test_f05_a_large_body_is_stopped_at_the_cap(
    server: ScriptedServer, fetcher: Fetcher, announced: bool
) -> None:
    sent = 0

    async def flood(_: Seen, wire: Wire) -> None:
        nonlocal sent
        length = (b"Content-Length: 200000000",) if announced else ()
        await wire.send(answer(200, b"", *length, length=False))
        for _piece in range(200):
            await wire.send(b"x" * MB)
            sent += 1

    with growing() as growth:
        outcome = await fetcher.fetch(request(server.on("/f", flood), max_bytes=5 * MB))
    assert reason(outcome) is FetchReason.TOO_LARGE
    assert sent < 100
    assert growth() < 64 * MB


@pytest.mark.parametrize("coding", [b"gzip", b"deflate", b"gzip, gzip", b"br", b"zstd", b"gzip, br"])
async def test_f06_bombs_are_stopped_at_the_decoded_cap(
    server: ScriptedServer, fetcher: Fetcher, coding: bytes
) -> None:
    body = {
        b"gzip": lambda: _bomb(16 + zlib.MAX_WBITS),
        b"deflate": lambda: _bomb(zlib.MAX_WBITS),
        b"gzip, gzip": lambda: gzip.compress(_bomb(16 + zlib.MAX_WBITS), mtime=0),
        b"br": lambda: BROTLI_BOMB,
        b"zstd": lambda: ZSTD_BOMB,
        b"gzip, br": lambda: BROTLI_BOMB,
    }[coding]()
    url = server.on("/f", answer(200, body, b"Content-Encoding: " + coding))
    with growing() as growth:
        outcome = await fetcher.fetch(request(url, max_bytes=15 * MB))
    # What is not offered is not decoded at all.
    expected = FetchReason.TOO_LARGE if coding.split(b", ")[-1] in OFFERED.split(b", ") else FetchReason.ENCODING
    assert reason(outcome) is expected
    assert growth() < 64 * MB
    assert server.seen[-1].headers["accept-encoding"] in (OFFERED, b"identity")


async def test_f07_incomplete_bodies_are_failures(server: ScriptedServer, fetcher: Fetcher) -> None:
    close = b"Connection: close"
    cut = gzip.compress(FEED * 100, mtime=0)[:-20]
    answers = {
        "/gzip": answer(200, cut, b"Content-Encoding: gzip", close, length=False),
        "/length": answer(200, FEED, b"Content-Length: 5000", close, length=False),
        "/chunk": answer(200, b"10\r\nabc\r\n", b"Transfer-Encoding: chunked", close, length=False),
    }
    for path, bytes_sent in answers.items():
        outcome = await fetcher.fetch(request(server.on(path, bytes_sent)))
        assert reason(outcome) is FetchReason.TRUNCATED, path


async def test_f07_damaged_compression_is_a_failure(server: ScriptedServer, fetcher: Fetcher) -> None:
    damaged = bytearray(gzip.compress(bytes(range(256)) * 100))
    damaged[200] ^= 0xFF
    url = server.on("/f", answer(200, bytes(damaged), b"Content-Encoding: gzip"))
    assert reason(await fetcher.fetch(request(url))) is FetchReason.ENCODING


@pytest.mark.parametrize(
    ("label", "body"),
    [
        (b"Content-Encoding: gzip", FEED),
        (b"Content-Encoding: x-gzip", gzip.compress(FEED, mtime=0)),
        (b"Content-Encoding: deflate", FEED),
        (b"Content-Type: application/octet-stream", gzip.compress(FEED, mtime=0)),
        (b"Content-Encoding: gzip", gzip.compress(FEED[:20], mtime=0) + gzip.compress(FEED[20:], mtime=0)),
    ],
)
async def test_f08_wrong_labels_do_not_matter(
    server: ScriptedServer, fetcher: Fetcher, label: bytes, body: bytes
) -> None:
    outcome = await fetcher.fetch(request(server.on("/f", answer(200, body, label))))
    assert isinstance(outcome, Page)
    assert outcome.body == FEED


async def test_f09_loops_and_long_chains_stop_after_ten(server: ScriptedServer, fetcher: Fetcher) -> None:
    loop = server.on("/loop", answer(302, b"", b"Location: /loop"))
    outcome = await fetcher.fetch(request(loop))
    assert reason(outcome) is FetchReason.REDIRECT
    assert len(outcome.redirects) == 10
    assert len(server.seen) == 11
    for hop in range(12):
        server.on(f"/{hop}", answer(302, b"", f"Location: /{hop + 1}".encode()))
    assert reason(await fetcher.fetch(request(server.url("/0")))) is FetchReason.REDIRECT


@pytest.mark.parametrize("headers", [[], [b"Location:"], [b"Location:   "]])
async def test_f09_a_redirect_to_nowhere_is_an_error(
    server: ScriptedServer, fetcher: Fetcher, headers: list[bytes]
) -> None:
    assert reason(await fetcher.fetch(request(server.on("/f", answer(301, b"", *headers))))) is FetchReason.REDIRECT


@pytest.mark.parametrize(
    ("location", "asked"),
    [
        (b"next", "/dir/next"),
        (b"/x y", "/x%20y"),
        (b"/caf\xc3\xa9", "/caf%C3%A9"),
        (b"/caf\xe9", "/caf%C3%A9"),
        (b"/a%0d%0aX-Evil:%201", "/a%0d%0aX-Evil:%201"),
        (b"?page=2", "/dir/f?page=2"),
        (b"/n#frag", "/n"),
    ],
)
async def test_f09_odd_locations_are_followed_safely(
    server: ScriptedServer, fetcher: Fetcher, location: bytes, asked: str
) -> None:
    url = server.on("/dir/f", answer(302, b"", b"Location: " + location), answer(404))
    await fetcher.fetch(request(url))
    assert [seen.path for seen in server.seen] == ["/dir/f", asked]
    assert "x-evil" not in server.seen[1].headers


@pytest.mark.parametrize(
    "location",
    [b"file:///etc/passwd", b"ftp://127.0.0.1/x", b"gopher://x/", b"data:text/plain,x", b"javascript:alert(1)"],
)
async def test_f10_only_http_and_https_are_followed(server: ScriptedServer, fetcher: Fetcher, location: bytes) -> None:
    outcome = await fetcher.fetch(request(server.on("/f", answer(302, b"", b"Location: " + location))))
    assert reason(outcome) is FetchReason.SCHEME
    assert len(server.seen) == 1


HIDDEN_LOOPBACK = [
    "127.0.0.1",
    "2130706433",
    "0x7f.1",
    "0",
    "127.1",
    "[::1]",
    "[::ffff:127.0.0.1]",
    "[2002:7f00:1::]",
    "[64:ff9b::7f00:1]",
    "good.example@127.0.0.1",
    "good.example\\@127.0.0.1",
    "127.0.0.1.",
    "\uff11\uff12\uff17.\uff10.\uff10.\uff11",
    "10.0.0.1",
    "169.254.169.254",
    "[fc00::1]",
    "100.64.0.1",
    "0.0.0.0",
    "224.0.0.1",
]


@pytest.mark.parametrize("host", HIDDEN_LOOPBACK)
@pytest.mark.parametrize("way", ["direct", "redirect"])
async def test_f11_f12_no_connection_is_made_to_private_addresses(
    server: ScriptedServer, make_fetcher: MakeFetcher, host: str, way: str
) -> None:
    connected: list[str] = []

    async def connect(address: str, port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        connected.append(address)
        return await asyncio.open_connection("127.0.0.1", server.port)

    async def resolve(name: str, port: int) -> Sequence[str]:
        return ["93.184.216.34"]

    fetcher = make_fetcher(allow_networks=(), resolver=resolve, backend=connect, host_spacing=0)
    target = f"http://{host}:{server.port}/secret"
    server.on("/f", answer(302, b"", b"Location: " + target.encode()))
    outcome = await fetcher.fetch(request(target if way == "direct" else "http://public.example/f"))
    assert reason(outcome) is FetchReason.BLOCKED_ADDRESS
    assert connected == ([] if way == "direct" else ["93.184.216.34"])


async def test_f13_a_name_that_changes_its_mind_never_leads_inside(
    server: ScriptedServer, make_fetcher: MakeFetcher
) -> None:
    answers = [["93.184.216.34"], ["127.0.0.1"]]
    connected: list[str] = []

    async def resolve(name: str, port: int) -> Sequence[str]:
        return answers.pop(0)

    async def connect(address: str, port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        connected.append(address)
        return await asyncio.open_connection("127.0.0.1", server.port)

    server.on("/f", answer(200, FEED, b"Connection: close"))
    fetcher = make_fetcher(allow_networks=(), resolver=resolve, backend=connect, host_spacing=0)
    assert isinstance(await fetcher.fetch(request("http://rebind.example/f")), Page)
    assert reason(await fetcher.fetch(request("http://rebind.example/f"))) is FetchReason.BLOCKED_ADDRESS
    assert connected == ["93.184.216.34"]


async def test_f13_a_mixed_answer_is_refused_whole(server: ScriptedServer, make_fetcher: MakeFetcher) -> None:
    async def resolve(name: str, port: int) -> Sequence[str]:
        return ["93.184.216.34", "127.0.0.1"]

    async def connect(address: str, port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        raise AssertionError(address)

    fetcher = make_fetcher(allow_networks=(), resolver=resolve, backend=connect)
    assert reason(await fetcher.fetch(request("http://mixed.example/"))) is FetchReason.BLOCKED_ADDRESS


async def test_a_marked_feed_reaches_its_own_host_but_not_where_that_redirects(
    server: ScriptedServer, make_fetcher: MakeFetcher
) -> None:
    async def resolve(name: str, port: int) -> Sequence[str]:
        return ["127.0.0.1"]

    fetcher = make_fetcher(allow_networks=(), resolver=resolve, host_spacing=0)
    server.on("/f", answer(200, FEED))
    assert isinstance(await fetcher.fetch(request(server.url("/f"), allow_private=True)), Page)
    server.on("/g", answer(302, b"", f"Location: http://router.example:{server.port}/admin".encode()))
    outcome = await fetcher.fetch(request(server.url("/g"), allow_private=True))
    assert reason(outcome) is FetchReason.BLOCKED_ADDRESS
    assert [seen.path for seen in server.seen] == ["/f", "/g"]


async def test_a_kept_connection_of_a_marked_feed_is_not_for_others(
    server: ScriptedServer, make_fetcher: MakeFetcher
) -> None:
    fetcher = make_fetcher(allow_networks=())
    url = server.on("/f", answer(200, FEED))
    assert isinstance(await fetcher.fetch(request(url, allow_private=True)), Page)
    assert reason(await fetcher.fetch(request(url))) is FetchReason.BLOCKED_ADDRESS


@pytest.mark.parametrize("status", [204, 206, 300, 400, 403, 404, 418, 500, 502, 503, 520, 599])
async def test_f36_other_statuses_are_failures(server: ScriptedServer, fetcher: Fetcher, status: int) -> None:
    body = b"" if status == 204 else b"<p>no</p>"
    outcome = await fetcher.fetch(request(server.on("/f", answer(status, body, length=status != 204))))
    assert reason(outcome) is FetchReason.HTTP
    assert isinstance(outcome, FetchFailure)
    assert outcome.status == status
    assert str(status) in outcome.detail


async def test_f36_a_304_to_an_unconditional_request_is_a_failure(server: ScriptedServer, fetcher: Fetcher) -> None:
    assert reason(await fetcher.fetch(request(server.on("/f", answer(304))))) is FetchReason.HTTP


async def test_f36_226_brings_a_body(server: ScriptedServer, fetcher: Fetcher) -> None:
    outcome = await fetcher.fetch(request(server.on("/f", answer(226, FEED, b"IM: feed")), etag=b'"x"'))
    assert isinstance(outcome, Page)
    assert (outcome.status, outcome.body) == (226, FEED)


@pytest.mark.parametrize("headers", [[b"X-Long: " + b"a" * 200_000], [b"X-%d: 1" % number for number in range(3000)]])
async def test_f36_too_many_or_too_long_headers_are_refused(
    server: ScriptedServer, fetcher: Fetcher, headers: list[bytes]
) -> None:
    assert reason(await fetcher.fetch(request(server.on("/f", answer(200, FEED, *headers))))) is FetchReason.PROTOCOL


async def test_what_is_not_http_is_a_protocol_failure(server: ScriptedServer, fetcher: Fetcher) -> None:
    for junk in (b"SSH-2.0-OpenSSH_9.2\r\n\r\n", b"HTTP/1.1 abc def\r\n\r\n"):
        outcome = await fetcher.fetch(request(server.on("/f", junk)))
        assert reason(outcome) is FetchReason.PROTOCOL


@pytest.mark.parametrize(
    ("status", "header", "expected"),
    [
        (429, b"Retry-After: 7200", 7200),
        (503, b"Retry-After: 7200", 7200),
        (429, b"Retry-After: Tue, 24 Nov 2026 11:00:00 GMT", 7200),
        (429, b"Retry-After: 315360000", 7 * 86400),
        (429, b"Retry-After: -5", None),
        (429, b"Retry-After: soon", None),
        (429, b"Retry-After: Tue, 24 Nov 2020 11:00:00 GMT", None),
    ],
)
async def test_c22_c24_retry_after(
    server: ScriptedServer, fetcher: Fetcher, status: int, header: bytes, expected: int | None
) -> None:
    outcome = await fetcher.fetch(request(server.on("/f", answer(status, b"", header))))
    assert isinstance(outcome, FetchFailure)
    assert outcome.reason is FetchReason.RATE_LIMITED
    assert outcome.retry_after_s == expected


async def test_c24_a_date_is_measured_by_the_servers_clock(server: ScriptedServer, fetcher: Fetcher) -> None:
    headers = (b"Date: Fri, 01 Jan 2021 00:00:00 GMT", b"Retry-After: Fri, 01 Jan 2021 01:00:00 GMT")
    outcome = await fetcher.fetch(request(server.on("/f", answer(429, b"", *headers))))
    assert isinstance(outcome, FetchFailure)
    assert outcome.retry_after_s == 3600


async def test_c26_410_is_gone(server: ScriptedServer, fetcher: Fetcher) -> None:
    assert reason(await fetcher.fetch(request(server.on("/f", answer(410))))) is FetchReason.GONE


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("ftp://example.com/", FetchReason.SCHEME),
        ("", FetchReason.SCHEME),
        ("http://", FetchReason.INVALID_URL),
        ("http://exa mple.com/", FetchReason.INVALID_URL),
        ("http://example.com:99999/", FetchReason.INVALID_URL),
        ("http://[::1/", FetchReason.INVALID_URL),
        ("http://-.example/", FetchReason.INVALID_URL),
        ("http://example.com/" + "a" * 9000, FetchReason.INVALID_URL),
    ],
)
async def test_urls_that_cannot_be_asked(fetcher: Fetcher, url: str, expected: FetchReason) -> None:
    assert reason(await fetcher.fetch(request(url))) is expected


def _tls(name: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATES / f"{name}.pem", CERTIFICATES / "server.key")
    return context


def _bomb(window: int) -> bytes:
    packer = zlib.compressobj(1, zlib.DEFLATED, window)
    zeros = bytes(MB)
    return b"".join([packer.compress(zeros) for _ in range(256)]) + packer.flush()
