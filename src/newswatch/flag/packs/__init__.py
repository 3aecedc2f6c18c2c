"""Rule packs: TOML files with entities, lists, rules and tests, and the loader that checks them whole.

The packs that come with newswatch are the folders beside this file.
"""

from newswatch.flag.packs.files import shipped_packs
from newswatch.flag.packs.loading import load_packs, parse_pack

__all__ = ["load_packs", "parse_pack", "shipped_packs"]
