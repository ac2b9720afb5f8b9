"""Every path there is, and what each asks of a request before its handler sees it.

Paths are tried in the order given, so what a sale does most stands first. A path that is not here is a 404 and a
method that is not is a 405, both told as problems.
"""

from race_to_purchase.edge.routes.table import Dependencies, build_app

__all__ = ["Dependencies", "build_app"]
