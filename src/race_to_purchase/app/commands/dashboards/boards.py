"""All dashboards, the one for the wall first."""

from race_to_purchase.app.commands.dashboards import debug, executive, on_call

BOARDS = (executive.BOARD, on_call.BOARD, debug.BOARD)
