"""What the headers of a request say about whoever sent it, by comparing them with one another.

Everything here can be written by anybody: it costs an attacker some care, no more. So no sign is looked for that a
browser of a real person lacks, such as client hints in Firefox and Safari, or on a page that is not served by HTTPS.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

_REMEMBERED = 4096
_READ_MAX = 512
"""Bytes of one header that are looked at; no browser writes more."""

_SCRIPT = re.compile(
    rb"(?i)\b(?:curl|wget|python|aiohttp|httpx|go-http-client|node-fetch|axios|undici|java|libwww-perl|ruby|scrapy|php)\b"
)
_HEADLESS = re.compile(rb"(?i)headless|phantomjs|puppeteer|playwright|selenium")
_BROWSER = b"Mozilla/5.0 ("
_CHROMIUM = re.compile(rb"\bChrome/(\d{1,4})\b")
_NO_HINTS = re.compile(rb"\bFirefox/|\bVersion/\d[\d.]* (?:Mobile/\w+ )?Safari/")
_BRAND = re.compile(rb' *"([^"\\]{0,64})"; *v="(\d{1,5})(?:\.\d{1,5}){0,3}" *')
_PLATFORM = re.compile(rb'"([A-Za-z ]{1,20})"')
_CHROMIUM_BRANDS = frozenset({b"Chromium", b"Google Chrome", b"Microsoft Edge"})
_BRANDS_MAX = 8
_JA4 = re.compile(rb"[tqd]\d\d[di]\d{4}[a-z0-9]{2}_[0-9a-f]{12}_[0-9a-f]{12}")

_SYSTEMS: dict[bytes, tuple[bytes, ...]] = {
    b"Windows": (b"Windows NT",),
    b"macOS": (b"Macintosh",),
    b"Android": (b"Android",),
    b"iOS": (b"iPhone", b"iPad", b"Macintosh"),
    b"Linux": (b"Linux", b"X11"),
    b"Chrome OS": (b"CrOS",),
    b"Chromium OS": (b"CrOS",),
}
_LOOKED_AT = (
    b"user-agent",
    b"accept",
    b"accept-language",
    b"accept-encoding",
    b"sec-fetch-mode",
    b"sec-ch-ua",
    b"sec-ch-ua-platform",
    b"sec-ch-ua-mobile",
)

Seen = tuple[bytes | None, ...]


def of_headers(headers: Mapping[bytes, bytes]) -> tuple[str, ...]:
    """The signs in these headers, by name; see `score.SIGNS`."""
    return _signs(tuple(map(headers.get, _LOOKED_AT)))


def of_handshake(ja4: bytes | None, agent: bytes, listed: frozenset[str]) -> tuple[str, ...]:
    """The signs in a JA4 fingerprint that a trusted proxy has told; what is none is no sign.

    Its first part says `t` for TCP, the version of TLS, and the ALPN: today's browsers speak TLS 1.3 and HTTP/2.
    """
    if ja4 is None or not _JA4.fullmatch(ja4):
        return ()
    if ja4.decode("ascii") in listed:
        return ("ja4_listed",)
    today = ja4[1:3] == b"13" and ja4[8:10] in (b"h2", b"h3")
    return ("ja4_mismatch",) if agent.startswith(_BROWSER) and not today else ()


@lru_cache(maxsize=_REMEMBERED)
def _signs(seen: Seen) -> tuple[str, ...]:
    agent, accept, language, encoding, mode, brands, platform, mobile = (
        value if value is None else value[:_READ_MAX] for value in seen
    )
    if not agent:
        return ("agent_missing",)
    if _HEADLESS.search(agent) or (brands is not None and _HEADLESS.search(brands)):
        return ("agent_headless",)
    if not agent.startswith(_BROWSER):
        return ("agent_script",) if _SCRIPT.search(agent) else ()
    found: list[str] = []
    # A browser sends hints and Sec-Fetch-Mode on the same pages, so one without the other is not of one.
    if None in (accept, language, encoding) or (brands is not None and mode is None):
        found.append("headers_inconsistent")
    if brands is not None:
        found += _of_hints(agent, brands, platform, mobile)
    return tuple(found)


def _of_hints(agent: bytes, brands: bytes, platform: bytes | None, mobile: bytes | None) -> list[str]:
    versions = _versions(brands)
    if versions is None or mobile not in (None, b"?0", b"?1"):
        return ["hints_malformed"]
    chromium = _CHROMIUM.search(agent)
    if _NO_HINTS.search(agent) or chromium is None:
        return ["hints_mismatch"]
    told = {version for brand, version in versions.items() if brand in _CHROMIUM_BRANDS}
    if told and chromium[1] not in told:
        return ["hints_mismatch"]
    if mobile is not None and (mobile == b"?1") != (b"Mobile" in agent):
        return ["hints_mismatch"]
    named = _PLATFORM.fullmatch(platform) if platform is not None else None
    systems = _SYSTEMS.get(named[1]) if named is not None else None
    if systems is not None and not any(system in agent for system in systems):
        return ["hints_mismatch"]
    return []


def _versions(brands: bytes) -> dict[bytes, bytes] | None:
    """Brands and their major versions; None where it is no list of them. Each byte is looked at once."""
    found: dict[bytes, bytes] = {}
    at = 0
    for _ in range(_BRANDS_MAX):
        brand = _BRAND.match(brands, at)
        if brand is None:
            return None
        found[brand[1]] = brand[2]
        at = brand.end()
        if at == len(brands):
            return found
        if brands[at : at + 1] != b",":
            return None
        at += 1
    return None
