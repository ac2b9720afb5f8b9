-- How many messages there are in each state, true and forged ones apart.
SELECT state, form = 'true', count(*) FROM delivery GROUP BY state, form = 'true'
