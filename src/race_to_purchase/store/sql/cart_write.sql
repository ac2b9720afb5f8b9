-- cart_write: store the lines $3 of the buyer $1 in the drop $2, if version $4 is still the stored one; 0: there is none.
-- The database decides: of two writers of one version, one finds the other's row, and gets nothing back.
INSERT INTO cart AS c (buyer, drop_id, lines, version)
SELECT $1, $2, $3, $4 + 1
WHERE $4 = 0 OR EXISTS (SELECT FROM cart WHERE buyer = $1 AND drop_id = $2)
ON CONFLICT (buyer, drop_id) DO UPDATE
SET lines = excluded.lines, version = c.version + 1, changed_at = clock_timestamp()
WHERE c.version = $4
RETURNING buyer, drop_id, lines, version, changed_at
