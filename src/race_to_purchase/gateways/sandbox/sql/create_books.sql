-- create_books: the schema of the sandbox gateway, apart from everything that the shop keeps.
CREATE SCHEMA IF NOT EXISTS sandbox
