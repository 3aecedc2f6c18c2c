from ipaddress import ip_address, ip_network

import pytest

from newswatch.collect.addresses import literal_address, may_connect

FORBIDDEN = [
    "127.0.0.1",
    "127.255.255.254",
    "10.0.0.1",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "100.100.100.200",
    "0.0.0.0",
    "0.1.2.3",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    "168.63.129.16",
    "192.0.0.192",
    "192.88.99.1",
    "198.18.0.1",
    "192.0.2.1",
    "::",
    "::1",
    "::127.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:169.254.169.254",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fec0::1",
    "ff02::1",
    "2002:7f00:1::",
    "2002:a00:1::",
    "64:ff9b::7f00:1",
    "64:ff9b:1::1",
    "2001:0:4136:e378:8000:63bf:80ff:fffe",  # Teredo: the client is 127.0.0.1
    "2001:db8::1",
]


@pytest.mark.parametrize("text", FORBIDDEN)
def test_f11_addresses_that_are_not_public_are_not_connected(text: str) -> None:
    assert not may_connect(ip_address(text))


@pytest.mark.parametrize(
    "text", ["8.8.8.8", "93.184.216.34", "2606:4700:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808", "2002:808:808::"]
)
def test_public_addresses_are_connected(text: str) -> None:
    assert may_connect(ip_address(text))


@pytest.mark.parametrize("text", ["127.0.0.1", "10.1.2.3", "192.168.1.1", "::1", "fc00::1", "::ffff:127.0.0.1"])
def test_a_feed_marked_private_reaches_this_machine_and_its_network(text: str) -> None:
    assert may_connect(ip_address(text), allow_private=True)


@pytest.mark.parametrize("text", ["169.254.169.254", "fe80::1", "0.0.0.0", "224.0.0.1", "168.63.129.16"])
def test_no_mark_opens_link_local_metadata_and_multicast(text: str) -> None:
    assert not may_connect(ip_address(text), allow_private=True)


def test_allowed_networks_open_what_they_contain_and_nothing_else() -> None:
    networks = [ip_network("10.0.0.0/8"), ip_network("fd00::/8")]
    assert may_connect(ip_address("10.9.9.9"), allow_networks=networks)
    assert may_connect(ip_address("fd12::1"), allow_networks=networks)
    assert may_connect(ip_address("::ffff:10.9.9.9"), allow_networks=networks)
    assert not may_connect(ip_address("192.168.0.1"), allow_networks=networks)


def test_loopback_is_never_opened_by_a_wildcard() -> None:
    assert not may_connect(ip_address("127.0.0.1"), allow_networks=[ip_network("0.0.0.0/0")])
    assert not may_connect(ip_address("::1"), allow_networks=[ip_network("::/0")])
    assert may_connect(ip_address("127.0.0.1"), allow_networks=[ip_network("127.0.0.0/8")])


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("127.0.0.1", "127.0.0.1"),
        ("2130706433", "127.0.0.1"),
        ("0x7f.1", "127.0.0.1"),
        ("0", "0.0.0.0"),
        ("127.1", "127.0.0.1"),
        ("0177.0.0.1", "127.0.0.1"),
        ("127.0.0.1.", "127.0.0.1"),
        ("[::1]", "::1"),
        ("::ffff:7f00:1", "::ffff:7f00:1"),
        ("fe80::1%eth0", "fe80::1"),
    ],
)
def test_f12_written_out_addresses_are_recognised(host: str, expected: str) -> None:
    assert str(literal_address(host)) == expected


@pytest.mark.parametrize("host", ["example.com", "abc", "1.2.3.4.5", "", "face.book", "0xzz"])
def test_names_are_not_addresses(host: str) -> None:
    assert literal_address(host) is None
