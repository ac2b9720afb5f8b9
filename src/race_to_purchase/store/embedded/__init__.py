"""The embedded PostgreSQL: `server` is its life; its folder, account, endpoint and settings stand beside."""
