"""The demonstration: a server, a drop, a crowd that races for it, and the audit afterwards."""
