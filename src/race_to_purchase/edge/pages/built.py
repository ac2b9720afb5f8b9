"""The built pages as files in memory, each with its type, its tag, its life in caches, and packed once.

They are read when the process starts: no path that a client names is ever opened.
"""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from hashlib import sha256
from importlib.abc import Traversable
from importlib.resources import files

import msgspec

from race_to_purchase.edge.challenge.elsewhere import Name
from race_to_purchase.edge.pages.policy import ASSET_HEADERS, page_headers
from race_to_purchase.edge.reply import Header, Reply

TYPES = {
    "html": b"text/html; charset=utf-8",
    "js": b"text/javascript; charset=utf-8",
    "css": b"text/css; charset=utf-8",
    "svg": b"image/svg+xml",
    "png": b"image/png",
    "webp": b"image/webp",
    "woff2": b"font/woff2",
}
"""By the ending of the name; a file with another ending is not served."""

PACKED = ("html", "js", "css", "svg")
"""What becomes smaller by packing; the rest is packed already."""

FOR_EVER = b"public, max-age=31536000, immutable"
ASK_AGAIN = b"no-cache"
"""For names that stay while their content changes: kept, but asked about each time, which costs a 304."""

SHOP = "shop.html"
"""The one page on which visitors are asked for a challenge."""

_DIGEST = re.compile(r"-[\w-]{8}\.\w+\Z")
_GZIP = re.compile(rb"(?:^|,)\s*(?:gzip|\*)\s*(?:;\s*q=(?!0(?:\.0*)?\s*(?:,|$))[\d.]+\s*)?(?:,|$)", re.IGNORECASE)


class Built(msgspec.Struct, frozen=True):
    """One file: `plain` and `packed` are whole replies, `unchanged` the one for who has it already."""

    tag: bytes
    plain: Reply
    packed: Reply
    unchanged: Reply

    def reply(self, headers: Mapping[bytes, bytes]) -> Reply:
        """The file as this client takes it."""
        known = headers.get(b"if-none-match")
        if known is not None and (known.strip() == b"*" or self.tag in map(bytes.strip, known.split(b","))):
            return self.unchanged
        return self.packed if _GZIP.search(headers.get(b"accept-encoding", b"")) else self.plain


def built_files(folder: Traversable | None = None, third: Iterable[Name] = ()) -> dict[str, Built]:
    """Every file below `folder` by its path, such as `assets/race.js`; empty where the pages were never built.

    Without a folder it is the package's own. `third` are the third parties whose widgets the shop's page may show.
    """
    folder = files("race_to_purchase").joinpath("web") if folder is None else folder
    shop, page = page_headers(third), page_headers()

    def headers(path: str) -> tuple[Header, ...]:
        return ASSET_HEADERS if _ending(path) != "html" else shop if path == SHOP else page

    return {path: _built(path, content, headers(path)) for path, content in _found(folder, "")}


def _found(folder: Traversable, above: str) -> Iterator[tuple[str, bytes]]:
    if not folder.is_dir():
        return
    for entry in folder.iterdir():
        path = f"{above}{entry.name}"
        if entry.name.startswith("."):
            continue
        if entry.is_dir():
            yield from _found(entry, f"{path}/")
        elif _ending(path) in TYPES:
            yield path, entry.read_bytes()


@cache  # So that a second application in a process, as tests have hundreds, packs nothing again.
def _built(path: str, content: bytes, headers: tuple[Header, ...]) -> Built:
    # Whoever has the page has it with what it was allowed then.
    told = b"".join(value for _, value in headers)
    tag = b'W/"%s"' % sha256(content + told).hexdigest()[:20].encode("ascii")
    lasting = FOR_EVER if _DIGEST.search(path) else ASK_AGAIN
    named = (*headers, (b"etag", tag), (b"vary", b"accept-encoding"))
    plain = Reply(200, content, media_type=TYPES[_ending(path)], cache_control=lasting, headers=named)
    return Built(
        tag,
        plain,
        _packed(plain) if _ending(path) in PACKED else plain,
        Reply(304, b"", media_type=plain.media_type, cache_control=lasting, headers=named),
    )


def _packed(plain: Reply) -> Reply:
    smaller = gzip.compress(plain.body, 9, mtime=0)
    headers = (*plain.headers, (b"content-encoding", b"gzip"))
    return msgspec.structs.replace(plain, body=smaller, headers=headers)


def _ending(path: str) -> str:
    return path.rpartition(".")[2]
