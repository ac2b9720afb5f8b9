"""Adapters of the store port: PostgreSQL, its embedded server, and memory."""
