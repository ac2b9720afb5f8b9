"""What a merchant says about the line before a sale: the `[door]` of a drop.

Whoever registers before `registration_closes_at` takes part in one draw; whoever comes later stands behind, in the
order of coming. Then people are called to the checkout, as many at a time as it bears.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

import msgspec

from race_to_purchase.rules.moments import require_moment

Rate = Annotated[float, msgspec.Meta(gt=0, le=1_000_000)]
"""People a second; below one, somebody every few seconds."""


class Door(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The line of one drop. Raises ValueError on contradictions.

    `rate_per_s` people are called at most, and `passes_outstanding_max` may be on their way in at a time, each for
    `pass_seconds`. `reserved_share` of those who are called are kept for holders of grants. `beacon` names a later
    round of a public source of chance, which makes the draw one that not even the shop could have chosen; without it
    there is only the shop's own commitment. `challenge` says what an unknown visitor has to do for a ticket.
    """

    registration_opens_at: datetime
    registration_closes_at: datetime
    rate_per_s: Rate
    passes_outstanding_max: Annotated[int, msgspec.Meta(ge=1, le=1_000_000)]
    pass_seconds: Annotated[int, msgspec.Meta(ge=1, le=3600)] = 120
    reserved_share: Annotated[float, msgspec.Meta(ge=0, le=0.9)] = 0.0
    beacon: (
        Annotated[
            str,
            msgspec.Meta(
                min_length=1,
                max_length=200,
                pattern=r"^[!-~]([ -~]*[!-~])?\Z",
                description="printable ASCII, without spaces around it",
            ),
        ]
        | None
    ) = None
    challenge: Literal["none", "adaptive"] = "adaptive"

    def __post_init__(self) -> None:
        require_moment("registration_opens_at", self.registration_opens_at)
        require_moment("registration_closes_at", self.registration_closes_at)
        if self.registration_closes_at <= self.registration_opens_at:
            raise ValueError("registration_closes_at must be after registration_opens_at")
