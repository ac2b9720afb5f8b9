-- late_number_missing: drops whose late comers are not numbered without a gap.
SELECT l.drop_id, format('%s late comers, the highest number is %s', found.comers, found.highest),
       found.highest + 1 - found.comers
FROM drop_line AS l,
LATERAL (
    SELECT count(*) AS comers, coalesce(max(number), -1) AS highest FROM late_comer AS c WHERE c.drop_id = l.drop_id
) AS found
WHERE found.highest + 1 <> found.comers
