-- widen_payment: let books that were made before payments could wait for their buyer have such payments, too.
DO $$
BEGIN
    IF EXISTS (
        SELECT 1 FROM pg_constraint
        WHERE conrelid = 'sandbox.payment'::regclass AND conname = 'payment_state'
          AND pg_get_constraintdef(oid) NOT LIKE '%action_required%'
    ) THEN
        ALTER TABLE sandbox.payment
            DROP CONSTRAINT payment_state,
            ADD CONSTRAINT payment_state CHECK (
                state IN ('action_required', 'authorized', 'lapsed', 'declined', 'captured', 'voided')
            ) NOT VALID;
    END IF;
END $$
