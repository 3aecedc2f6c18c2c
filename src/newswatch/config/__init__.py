"""TOML, environment and secret files become one frozen `Config`.

>>> from newswatch.config import load_config
>>> config = load_config(Path("newswatch.toml"), environ=os.environ)
"""

from newswatch.config.load import find_config, load_config
from newswatch.config.model import Config
from newswatch.config.schema import config_schema
from newswatch.config.sections import DaemonSettings, FeedSettings, LogSettings, WebSettings
from newswatch.config.show import redacted, redacted_dict

__all__ = [
    "Config",
    "DaemonSettings",
    "FeedSettings",
    "LogSettings",
    "WebSettings",
    "config_schema",
    "find_config",
    "load_config",
    "redacted",
    "redacted_dict",
]
