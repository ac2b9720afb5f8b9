"""What can be broken in the rows of a line: which check fires, what breaks it, and what is found."""

A_LINE = "INSERT INTO drop_line (drop_id, key, salt, commitment) VALUES ('aurora', 1, '00', repeat('00', 32))"
A_POOL = "INSERT INTO pool (id, drop_id, kind, capacity, held) VALUES ('{}', 'aurora', '{}', 9, {})"
DRAWN = """
    UPDATE drop_line SET closed_at = now(), registered = 0, root = '', secret = repeat('00', 32), beacon = '',
           seed = repeat('00', 32), drawn_at = now()"""
LINE_PLANTS: list[tuple[str, tuple[str, ...], str, int]] = [
    ("passes_differ", (A_LINE, A_POOL.format("aurora/line/passes", "passes", 2)), "aurora/line/passes", 2),
    ("pass_without_row", (A_POOL.format("aurora/ticket/00", "ticket", 1),), "aurora/ticket/00", 1),
    ("pass_overdue", ("INSERT INTO pass VALUES ('aurora', '00', 1, '00', now() - interval '1 day')",), "aurora/00", 1),
    (
        "late_number_missing",
        (A_LINE, "INSERT INTO late_comer VALUES ('aurora', decode(repeat('00', 16), 'hex'), 3)"),
        "aurora",
        3,
    ),
    ("draw_bent", (A_LINE, DRAWN), "aurora", 1),
]
