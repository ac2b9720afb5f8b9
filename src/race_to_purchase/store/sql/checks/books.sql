-- books: whether the sandbox gateway keeps its books in this database.
SELECT to_regclass('sandbox.payment') IS NOT NULL
