-- Payments that show other amounts than their books hold.
SELECT account.intent, held, captured FROM account JOIN record ON record.seq = account.intent
WHERE held <> json_extract(CAST(body AS TEXT), '$.amount_capturable')
    OR captured <> json_extract(CAST(body AS TEXT), '$.amount_received')
