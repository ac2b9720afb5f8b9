-- seal_hash_of: the hash of one block.
SELECT encode(hash, 'hex') FROM seal WHERE number = $1
