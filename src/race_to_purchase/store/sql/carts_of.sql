-- carts_of: all carts of the buyer $1 that have lines, by drop.
SELECT buyer, drop_id, lines, version, changed_at FROM cart WHERE buyer = $1 AND lines <> '[]' ORDER BY drop_id
