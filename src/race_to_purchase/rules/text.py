"""What text from people may be, wherever they write it."""

from __future__ import annotations

from typing import Annotated

import msgspec

OneLine = Annotated[str, msgspec.Meta(pattern=r"^[^\x00-\x1f\x7f]*\Z", description="text in one line")]
"""PostgreSQL stores no NUL, and a line break would forge lines of logs and mails."""
