"""The invented publishers of the demo world, and how each of them is technically different."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Outlet:
    """One publisher. Every path of it begins with `/{key}/`."""

    key: str
    name: str
    language: str  # BCP 47
    country: str
    tier: int
    feed: Literal["rss", "atom", "json"]
    layout: Literal["wire", "paper", "table"]  # template of its pages
    encoding: str = "utf-8"  # of feed and pages
    charset_in_header: bool = True  # False: only the document itself names its encoding
    json_ld: bool = True
    pages: bool = True  # False: the feed carries everything and links lead nowhere
    full_feed: bool = False  # the feed carries whole articles
    etag: bool = True
    last_modified: bool = True
    zone: str = "UTC"
    section_feeds: tuple[tuple[str, str], ...] = ()  # (feed name, section): a second feed with part of the articles

    @property
    def feed_names(self) -> tuple[str, ...]:
        """Names of its feeds: `feed`, then its section feeds."""
        return ("feed", *(name for name, _ in self.section_feeds))

    def feed_path(self, name: str = "feed") -> str:
        """Return the path of the feed called `name`, from the root of the site."""
        return f"/{self.key}/{name}.{'json' if self.feed == 'json' else 'xml'}"


OUTLETS: dict[str, Outlet] = {
    outlet.key: outlet
    for outlet in (
        Outlet(
            "kestrel", "Kestrel Wire", "en", "GB", 1, "atom", "wire",
            last_modified=False, zone="Europe/London",
        ),
        Outlet(
            "harrow", "Harrow Bay Herald", "en", "AU", 2, "rss", "paper",
            zone="Australia/Sydney", section_feeds=(("world", "World"),),
        ),
        Outlet(
            "lantern", "Lantern Rock Bulletin", "en", "NZ", 3, "json", "paper",
            pages=False, full_feed=True, zone="Pacific/Auckland",
        ),
        Outlet("mulbit", "물빛통신", "ko", "KR", 1, "atom", "wire", zone="Asia/Seoul"),
        Outlet(
            "gaon", "가온누리일보", "ko", "KR", 2, "rss", "table",
            encoding="euc-kr", etag=False, zone="Asia/Seoul",
        ),
        Outlet(
            "shioji", "潮路通信", "ja", "JP", 1, "rss", "table",
            encoding="shift_jis", charset_in_header=False, json_ld=False, zone="Asia/Tokyo",
        ),
        Outlet("asagiri", "朝霧新聞", "ja", "JP", 2, "json", "paper", zone="Asia/Tokyo"),
        Outlet("chenyan", "晨砚社", "zh", "HK", 1, "atom", "wire", last_modified=False, zone="Asia/Hong_Kong"),
        Outlet("yundu", "云渡观察", "zh", "SG", 2, "rss", "paper", full_feed=True, zone="Asia/Singapore"),
    )
}  # fmt: skip
"""By key."""
