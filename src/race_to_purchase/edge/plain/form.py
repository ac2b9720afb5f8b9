"""The fields of the forms, as the reference describes them; each form has those that it needs."""

from __future__ import annotations

import msgspec


class PlainForm(msgspec.Struct, frozen=True, omit_defaults=True):
    """`csrf` is that of the browser's session, `key` the idempotency key of one wish, `access` the code of a grant;
    `website` is to stay empty."""

    csrf: str = ""
    key: str = ""
    email: str = ""
    code: str = ""
    item: str = ""
    quantity: str = ""
    method: str = ""
    access: str = ""
    website: str = ""
