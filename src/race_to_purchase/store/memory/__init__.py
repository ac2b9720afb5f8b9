"""The rows in memory: `store` keeps the promises of PostgreSQL; what each port reads and writes stands beside."""
