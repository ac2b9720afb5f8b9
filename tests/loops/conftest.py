"""The processes of `tests/path`, whose loops are ticked by hand."""

from tests.path.conftest import dsn, other, shop

__all__ = ["dsn", "other", "shop"]
