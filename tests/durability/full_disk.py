"""A full disk, told from inside a mount namespace: `python -m tests.durability.full_disk DISK FOLDER`.

The database is on DISK, some megabytes of its own; everything else is in FOLDER.
"""

import json
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from tests.durability.nursery import Nursery
from tests.durability.scene import Scene, free_port, until

_ROOMS = (0, 60_000, 200_000)  # bytes left, so that different stages are the first to find no room


def main(disk: Path, folder: Path) -> None:
    """Fill the disk under a daemon at work and free it again: it says so, goes on, and nothing is lost."""
    filler = disk / "filler"
    listen = f"127.0.0.1:{free_port()}"
    settings: dict[str, dict[str, Any]] = {
        "web": {"enabled": True, "listen": listen},
        "extraction": {"max_attempts": 2},  # no entry is to blame for the disk, however often it is full
    }
    with Nursery() as nursery, Scene(folder, f"sqlite:///{disk}/newswatch.db", settings=settings) as scene:
        scene.warm_up(nursery)
        life = nursery.start(scene.config)
        for room in _ROOMS:
            until(scene.unfinished, 60, log=life.output)
            until(lambda: _not_ready(listen), 60, log=life.output)
            _fill(filler, room)
            scene.world.publish(15)
            until(lambda: None if "disk is full" in (_not_ready(listen) or "") else "no trouble", 60, log=life.output)
            assert scene.unfinished() is not None or room, "there was room for everything"
            assert life.alive(), life.output()
            filler.unlink()
        scene.world.publish_all()
        until(scene.unfinished, 60, log=life.output)
        until(lambda: _not_ready(listen), 60, log=life.output)
        assert "nothing is lost" in life.output()
        assert life.stop() == 0, life.output()
        scene.check()


def _fill(filler: Path, room: int) -> None:
    with filler.open("wb", buffering=0) as file:
        for size in (65536, 4096, 1):
            try:
                while True:
                    file.write(bytes(size))
            except OSError:
                continue
        file.truncate(file.tell() - room)


def _not_ready(listen: str) -> str | None:
    """Return what the daemon says is wrong, None if it is ready."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(f"http://{listen}/-/ready", timeout=10):
            return None
    except urllib.error.HTTPError as error:
        return str(json.load(error)["checks"])
    except OSError as error:
        return f"no answer: {error}"


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
