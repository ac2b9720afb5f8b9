"""What browsers are told to allow on our pages: our own files alone, and what a third party needs that is set up."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from race_to_purchase.edge.challenge.elsewhere import Name
from race_to_purchase.edge.reply import Header

_OTHERS: tuple[Header, ...] = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"strict-origin-when-cross-origin"),
    (b"permissions-policy", b"camera=(), microphone=(), geolocation=()"),
    (b"cross-origin-opener-policy", b"same-origin"),
)

_ALWAYS = {"default-src": "'none'", "style-src": "'self'", "img-src": "'self' data:"}
_SCRIPTED = {"script-src": "'self'", "font-src": "'self'", "connect-src": "'self'", "worker-src": "'self'"}
_FIXED = {"form-action": "'self'", "base-uri": "'none'", "frame-ancestors": "'none'"}

_HCAPTCHA = "https://hcaptcha.com https://*.hcaptcha.com"
_WIDGETS: Mapping[Name, Mapping[str, str]] = {
    "turnstile": dict.fromkeys(("script-src", "frame-src"), "https://challenges.cloudflare.com"),
    "hcaptcha": dict.fromkeys(("script-src", "frame-src", "style-src", "connect-src"), _HCAPTCHA),
}
"""What the widgets of third parties need, as these say themselves."""


def page_headers(third: Iterable[Name] = ()) -> tuple[Header, ...]:
    """Those of a page with scripts; `third` are the third parties whose widgets may be on it."""
    rules = {**_ALWAYS, **_SCRIPTED}
    for name in third:
        for rule, origins in _WIDGETS[name].items():
            rules[rule] = f"{rules[rule]} {origins}" if rule in rules else origins
    return (_policy({**rules, **_FIXED}), *_OTHERS)


def _policy(rules: Mapping[str, str]) -> Header:
    return b"content-security-policy", "; ".join(f"{name} {value}" for name, value in rules.items()).encode("ascii")


PLAIN_HEADERS: tuple[Header, ...] = (_policy({**_ALWAYS, **_FIXED}), *_OTHERS)
"""For pages in which no script runs at all."""

ASSET_HEADERS: tuple[Header, ...] = (
    (b"x-content-type-options", b"nosniff"),
    (b"access-control-allow-origin", b"*"),
    (b"cross-origin-resource-policy", b"cross-origin"),
)
"""Assets are public, and shops load them into their own pages, which are another origin."""
