"""Every setting, its environment variable, its default and what it is for. Read by `app` and `cli` alone.

A setting is the environment variable `RACE_<NAME>`; a few have an option of the same name on the command line, which
wins. Values are checked once, at the start, their relations too; what runs gets plain values.
"""

from race_to_purchase.settings.fields import Settings
from race_to_purchase.settings.loading import PREFIX, WrongSetting, load, misspelt, reference, with_development_keys
from race_to_purchase.settings.values import admin_key_of, keys_of, list_of, log_only_of, pauses_of, signing_keys_of

__all__ = [
    "PREFIX",
    "Settings",
    "WrongSetting",
    "admin_key_of",
    "keys_of",
    "list_of",
    "load",
    "log_only_of",
    "misspelt",
    "pauses_of",
    "reference",
    "signing_keys_of",
    "with_development_keys",
]
