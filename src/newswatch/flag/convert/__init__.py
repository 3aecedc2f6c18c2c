"""Queries of other tools, read as those tools read them and written in the language of newswatch.

What has no counterpart is left out and named with its place; nothing is carried over that means something else.
"""

from newswatch.flag.convert.converting import DIALECTS, Conversion, convert

__all__ = ["DIALECTS", "Conversion", "convert"]
