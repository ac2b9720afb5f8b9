"""The configuration file of the embedded server, written anew at every start.

It refuses every trade of durability for speed: what was answered as sold is on the disk. An operator may still
override a line with ALTER SYSTEM, which PostgreSQL reads last.
"""

from collections.abc import Mapping

SETTINGS: Mapping[str, str] = {
    # Durability. These are PostgreSQL's defaults, named so that nobody has to look them up.
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    # wal_level=minimal would save nothing (2.1 kB a pgbench transaction with either), and takes pg_basebackup away.
    "wal_level": "replica",
    "max_wal_senders": "2",
    # After a checkpoint whole pages are logged: 2.1 kB a pgbench transaction with compression, 10.5 kB without.
    "wal_compression": "pglz",
    # Checkpoints: rare and spread out, since each makes the next change of a page write the whole page.
    "checkpoint_timeout": "10min",
    "checkpoint_completion_target": "0.9",
    "max_wal_size": "2GB",
    "min_wal_size": "256MB",
    # Memory of a small laptop. Parallel plans would take memory from /dev/shm, which is 64 MB in many containers.
    "shared_buffers": "256MB",
    "work_mem": "8MB",
    "maintenance_work_mem": "64MB",
    "max_connections": "100",
    "max_logical_replication_workers": "0",
    "max_parallel_workers_per_gather": "0",
    "max_parallel_maintenance_workers": "0",
    # Statements are short and hot; compiling them never pays.
    "jit": "off",
    # A hot row leaves a dead version behind at every batch: vacuum soon, but slowly, on the cores of the sale.
    "autovacuum_naptime": "15s",
    "autovacuum_max_workers": "2",
    "autovacuum_vacuum_scale_factor": "0.05",
    "autovacuum_vacuum_cost_limit": "100",
    # A table that doubles keeps its plans: how large it is, the planner sees for itself.
    "autovacuum_analyze_scale_factor": "0.5",
    "default_statistics_target": "25",
    # The log must not hold buyers' data: no statements, and no DETAIL, which quotes the values of keys.
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_checkpoints": "off",
    "log_line_prefix": "%m [%p] ",
    "log_timezone": "UTC",
    "timezone": "UTC",
}


def configuration(settings: Mapping[str, str]) -> str:
    """The text of postgresql.conf: SETTINGS, and `settings` over them."""
    lines = [f"{name} = {_quoted(value)}" for name, value in {**SETTINGS, **settings}.items()]
    head = "# Written by `race` at every start. Change settings with ALTER SYSTEM, which is read after this."
    return "\n".join([head, *lines, ""])


def _quoted(text: str) -> str:
    """As a string of postgresql.conf, where a backslash escapes and a quote is doubled."""
    return "'" + text.replace("\\", "\\\\").replace("'", "''") + "'"
