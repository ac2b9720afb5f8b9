"""What browsers load: the built pages and their assets, held in memory."""
