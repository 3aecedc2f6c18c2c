"""Which network addresses may be connected to.

Every feed, link, redirect and webhook address comes from somebody else, so the check is made on the address that is
about to be connected, by `network`. Pure functions on values of `ipaddress`.
"""

import socket
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

# Not public although `ipaddress` calls (some of) them global, or differs between Python versions.
_NEVER_PUBLIC: tuple[Network, ...] = tuple(
    ip_network(text)
    for text in (
        "100.64.0.0/10",  # shared address space, RFC 6598; Alibaba's metadata service lives here
        "168.63.129.16/32",  # Azure's host agent
        "192.0.0.0/24",  # IETF protocol assignments, RFC 6890; Oracle's metadata service lives here
        "192.88.99.0/24",  # 6to4 relays, RFC 7526
        "::/96",  # IPv4-compatible, RFC 4291: deprecated
        "64:ff9b:1::/48",  # NAT64 for local use, RFC 8215
        "fec0::/10",  # site-local, RFC 3879: deprecated
    )
)
_NAT64 = IPv6Network("64:ff9b::/96")  # RFC 6052
_COMPATIBLE = IPv6Network("::/96")

# What "a private address" means for a feed that the user marked: this machine and its network. Link-local stays
# closed, because 169.254.169.254 hands out the credentials of cloud machines.
_PRIVATE: tuple[Network, ...] = tuple(
    ip_network(text)
    for text in ("127.0.0.0/8", "::1/128", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7")
)
_LOOPBACK: tuple[Network, ...] = (IPv4Network("127.0.0.0/8"), IPv6Network("::1/128"))


def literal_address(host: str) -> Address | None:
    """Return the address that a host name spells out in any form a resolver would take, None if it is a name.

    Beside the usual forms these are the ones of inet_aton(3): "2130706433", "0x7f.1", "0", "127.1", octal parts.
    """
    text = host.strip("[]").rstrip(".").partition("%")[0]
    try:
        return ip_address(text)
    except ValueError:
        pass
    if not text or not set(text) <= set("0123456789abcdefABCDEFxX."):
        return None
    try:
        return IPv4Address(socket.inet_aton(text))
    except OSError:
        return None


def may_connect(address: Address, *, allow_networks: Iterable[Network] = (), allow_private: bool = False) -> bool:
    """Tell whether `address` may be connected to.

    Public addresses may; others only if `allow_private` and they are on this machine or a private network, or if one
    of `allow_networks` has them. A network wider than the loopback one does not open loopback, so that "0.0.0.0/0"
    means "my whole intranet" and not "my own services". IPv6 forms that carry an IPv4 address are judged by both.
    """
    carried = _carried(address)
    judged = carried if _leads_elsewhere(address) else (address, *carried)
    return all(
        _in_networks(one, allow_networks) or (allow_private and _in_any(one, _PRIVATE)) or _is_public(one)
        for one in judged
    )


def _is_public(address: Address) -> bool:
    return (
        address.is_global
        and not address.is_multicast
        and not address.is_reserved
        and not address.is_unspecified
        and not _in_any(address, _NEVER_PUBLIC)
    )


def _leads_elsewhere(address: Address) -> bool:
    """Mapped and NAT64 addresses lead to the IPv4 address that they carry and nowhere else."""
    return isinstance(address, IPv6Address) and (address.ipv4_mapped is not None or address in _NAT64)


def _carried(address: Address) -> tuple[IPv4Address, ...]:
    if isinstance(address, IPv4Address):
        return ()
    found: list[IPv4Address] = []
    if address.ipv4_mapped is not None:
        found.append(address.ipv4_mapped)
    if address.sixtofour is not None:
        found.append(address.sixtofour)
    if address.teredo is not None:
        found.extend(address.teredo)
    if address in _NAT64 or (address in _COMPATIBLE and int(address) > 1):
        found.append(IPv4Address(int(address) & 0xFFFFFFFF))
    return tuple(found)


def _in_any(address: Address, networks: Iterable[Network]) -> bool:
    return any(address.version == network.version and address in network for network in networks)


def _in_networks(address: Address, networks: Iterable[Network]) -> bool:
    for network in networks:
        if address.version != network.version or address not in network:
            continue
        if not _in_any(address, _LOOPBACK):
            return True
        if any(
            network.version == loopback.version and network.prefixlen >= loopback.prefixlen for loopback in _LOOPBACK
        ):
            return True
    return False
