"""newswatch: watches news feeds and tells people once, with the reason."""

from importlib.metadata import version

__version__ = version("newswatch")
