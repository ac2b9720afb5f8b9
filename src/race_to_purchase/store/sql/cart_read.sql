-- cart_read: the cart of the buyer $1 in the drop $2.
SELECT buyer, drop_id, lines, version, changed_at FROM cart WHERE buyer = $1 AND drop_id = $2
