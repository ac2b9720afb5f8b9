-- keyring_read: what is kept under the name $1.
SELECT value FROM keyring WHERE name = $1
