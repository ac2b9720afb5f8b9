-- settled_before: the moment $1 seconds ago; what had its deadline before then has hardly any changes to come.
SELECT clock_timestamp() - make_interval(secs => $1)
