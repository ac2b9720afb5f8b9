-- window_checkout: the last of the next $3 checkouts after $1 up to and with $2, and how many they are.
SELECT id::text, place::integer FROM (
    SELECT id, row_number() OVER (ORDER BY id) AS place FROM checkout WHERE id > $1::uuid AND id <= $2::uuid
    ORDER BY id LIMIT $3
) AS next
ORDER BY id DESC LIMIT 1
