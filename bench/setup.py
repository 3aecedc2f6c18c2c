"""Configuration files for the benchmarks."""

import sys
from pathlib import Path

NEWSWATCH = (sys.executable, "-m", "newswatch")


def configuration(folder: Path, base: str, feeds: int, *, listen: str | None = None) -> Path:
    """Write a configuration that polls `feeds` feeds of the site at `base` without the pauses real hosts need."""
    folder.mkdir(parents=True, exist_ok=True)
    web = f'enabled = true\nlisten = "{listen}"' if listen else "enabled = false"
    lines = [
        '[database]\nurl = "sqlite:///newswatch.db"',
        '[log]\nlevel = "warning"',
        f"[web]\n{web}",
        '[http]\nallow_networks = ["127.0.0.0/8"]\nunspaced_hosts = ["127.0.0.1"]\nhost_spacing = "0s"\nper_host = 50',
        '[alerts]\ngroup_wait = "0s"\ngroup_wait_flash = "0s"',
        '[destinations.file]\ntype = "file"\npath = "alerts.jsonl"',
        '[[routes]]\nto = ["file"]',
        *(f'[[feeds]]\nurl = "{base}/feed/{number}"\nname = "feed {number}"' for number in range(feeds)),
    ]
    path = folder / "newswatch.toml"
    path.write_text("\n\n".join(lines) + "\n", encoding="utf-8")
    return path
