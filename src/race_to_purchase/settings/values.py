"""What the text of a setting means; ValueError says what it has to look like, and never repeats a secret."""

from __future__ import annotations

import re

YEAR_S = 365 * 86_400
_DROP = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


def pauses_of(text: str) -> tuple[float, ...]:
    """`5,30` as seconds; ValueError for anything but positive numbers."""
    try:
        pauses = tuple(float(part) for part in text.split(","))
    except ValueError:
        pauses = ()
    if not pauses or not all(0 < pause <= YEAR_S for pause in pauses):
        raise ValueError("resolve_after_s must be seconds above zero, such as 5,30,300")
    return pauses


def log_only_of(text: str) -> frozenset[str]:
    """`limits,refusals` as a set; ValueError for anything else."""
    named = frozenset(filter(None, (part.strip() for part in text.split(","))))
    if not named <= {"limits", "challenges", "refusals"}:
        raise ValueError("guard_log_only takes limits, challenges and refusals, comma-separated")
    return named


def keys_of(text: str, setting: str) -> dict[str, str]:
    """`a:key1,b:key2` as a mapping; ValueError for anything else. Keys are never part of the message."""
    keys: dict[str, str] = {}
    for pair in filter(None, (part.strip() for part in text.split(","))):
        name, colon, key = pair.partition(":")
        if not (name and colon and key):
            raise ValueError(f"{setting} must look like name:key,name:key")
        if name in keys:
            raise ValueError(f"{setting} names {name} twice: keys that both count need names of their own")
        keys[name] = key
    return keys


def admin_key_of(text: str) -> str:
    """The first key of `ops:key,ada/viewer:key` that is an admin's; empty where none is."""
    roles = ((label.partition("/")[2], key) for label, key in keys_of(text, "admin_keys").items())
    return next((key for role, key in roles if role in ("", "admin")), "")


def signing_keys_of(text: str, setting: str) -> dict[int, bytes]:
    """`2:secret,1:secret` by number, in this order; ValueError for anything else. Secrets are never in the message."""
    keys: dict[int, bytes] = {}
    for name, secret in keys_of(text, setting).items():
        if not (name.isascii() and name.isdecimal() and len(name) <= 3 and 1 <= int(name) <= 255 and len(secret) >= 32):
            raise ValueError(
                f"{setting} must look like 2:secret,1:secret, with numbers from 1 to 255 and secrets of 32 "
                "characters or more, such as `openssl rand -hex 32` gives"
            )
        keys[int(name)] = secret.encode()
    return keys


def drops_of(text: str, setting: str) -> tuple[str, ...]:
    """`a,b` as ids of drops; ValueError for what is none."""
    named = list_of(text)
    for name in named:
        if not _DROP.fullmatch(name):
            raise ValueError(f"{setting} takes ids of drops, comma-separated, and {name!r} is none")
    return named


def list_of(text: str) -> tuple[str, ...]:
    """`a,b` as its parts, spaces around them left out."""
    return tuple(filter(None, (part.strip() for part in text.split(","))))
