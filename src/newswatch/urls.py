"""Addresses of articles: one spelling for each, a key, and the domain that somebody registered.

Everything here is pure. Hiding secrets in URLs is in `redact`.
"""

import re
from functools import cache, lru_cache
from hashlib import blake2b
from ipaddress import IPv6Address, ip_address
from urllib.parse import urlsplit

from publicsuffixlist import PublicSuffixList

_DEFAULT_PORTS = {"http": 80, "https": 443}

# Parameters that say where a reader came from and never what is shown. Names are compared in lower case.
# fmt: off
_TRACKING = frozenset([
    "fbclid", "gclid", "gclsrc", "dclid", "gbraid", "wbraid", "msclkid", "yclid", "twclid", "ttclid", "igshid",
    "igsh", "mc_cid", "mc_eid", "mkt_tok", "_ga", "_gl", "_hsenc", "_hsmi", "hsctatracking", "vero_id", "vero_conv",
    "wickedid", "oly_anon_id", "oly_enc_id", "rb_clickid", "s_cid", "ito", "cmpid", "cmp", "ncid", "ocid", "smid",
    "sr_share", "partner_source", "partner_medium", "partner_campaign", "at_medium", "at_campaign", "at_custom1",
    "at_custom2", "at_custom3", "at_custom4", "at_link_type", "at_link_origin", "at_link_id", "at_ptr_name",
    "at_format", "at_bbc_team", "at_campaign_type", "ns_mchannel", "ns_source", "ns_campaign", "ns_linkname",
    "ns_fee", "xtor", "echobox", "guccounter", "guce_referrer", "guce_referrer_sig", "traffic_source",
    "__twitter_impression",
])
# fmt: on
_TRACKING_PREFIXES = ("utm_", "pk_", "mtm_", "matomo_", "piwik_", "hsa_", "stm_", "trk_")
_CLOSING = re.compile(r"[/\s]+\Z")
_ESCAPED = re.compile(r"%([0-9A-Fa-f]{2})")
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")


def canonical_url(url: str) -> str:
    """Return the one spelling of an article's http(s) URL; anything else comes back as it is, stripped.

    Scheme and host are lower case, the default port, the fragment, a closing slash, user and password, and tracking
    parameters are gone. The order of the other parameters stays, because servers may care. Escapes follow RFC 3986,
    section 6.2.2: upper-case digits, and none for characters that need none.
    """
    url = url.strip()
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        return url
    scheme = parts.scheme.lower()
    if scheme not in _DEFAULT_PORTS or not host:
        return url
    host = _ascii_host(host)
    if ":" in host:
        host = f"[{host}]"
    if port is not None and port != _DEFAULT_PORTS[scheme]:
        host = f"{host}:{port}"
    path = _CLOSING.sub("", _normal_escapes(parts.path))
    kept = [item for item in parts.query.split("&") if item.strip() and not _is_tracking(item)]
    query = f"?{_normal_escapes('&'.join(kept)).rstrip()}" if kept else ""
    return f"{scheme}://{host}{path}{query}"


def url_key(url: str) -> str:
    """Return the identity of an article's URL: blake2b-128 of its canonical form without the scheme, 32 hex digits.

    http and https, and tracking parameters, make no difference.
    """
    text = canonical_url(url)
    scheme, separator, rest = text.partition("://")
    if separator and scheme in _DEFAULT_PORTS:
        text = rest
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


@lru_cache(maxsize=8192)
def registered_domain(host: str) -> str:
    """Return the part of a host name that somebody registered: "news.bbc.co.uk" gives "bbc.co.uk".

    Addresses, single labels and public suffixes come back unchanged (lower case, without a closing dot).
    """
    host = _ascii_host(host.strip("[]"))
    try:
        ip_address(host)
    except ValueError:
        return _suffixes().privatesuffix(host) or host
    return host


@cache
def _suffixes() -> PublicSuffixList:
    return PublicSuffixList(only_icann=False)


def _ascii_host(host: str) -> str:
    host = host.lower().rstrip(".")
    if host.isascii():
        if ":" in host:  # one spelling for an IPv6 address
            try:
                return str(IPv6Address(host))
            except ValueError:
                return host
        return host
    try:
        return host.encode("idna").decode("ascii")
    except UnicodeError:
        return host


def _is_tracking(item: str) -> bool:
    name = item.partition("=")[0].lower()
    return name in _TRACKING or name.startswith(_TRACKING_PREFIXES)


def _normal_escapes(text: str) -> str:
    if "%" not in text:
        return text

    def one(found: re.Match[str]) -> str:
        character = chr(int(found[1], 16))
        return character if character in _UNRESERVED else found[0].upper()

    while (shorter := _ESCAPED.sub(one, text)) != text:  # "%%34%31" becomes "%41", then "A"
        text = shorter
    return text
