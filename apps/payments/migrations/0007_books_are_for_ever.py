from django.db import migrations

FORWARD = """
CREATE FUNCTION payments_books_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation';
END $$;

CREATE FUNCTION payments_books_balance() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM payments_ledgerentry WHERE transaction_id = NEW.transaction_id
               GROUP BY currency HAVING SUM(amount) <> 0) THEN
        RAISE EXCEPTION 'ledger transaction % does not balance', NEW.transaction_id
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER ledger_transaction_append_only BEFORE UPDATE OR DELETE ON payments_ledgertransaction
    FOR EACH ROW EXECUTE FUNCTION payments_books_refuse_change();
CREATE TRIGGER ledger_entry_append_only BEFORE UPDATE OR DELETE ON payments_ledgerentry
    FOR EACH ROW EXECUTE FUNCTION payments_books_refuse_change();
CREATE CONSTRAINT TRIGGER ledger_balances AFTER INSERT ON payments_ledgerentry
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION payments_books_balance();
"""
BACKWARD = """
DROP TRIGGER ledger_balances ON payments_ledgerentry;
DROP TRIGGER ledger_entry_append_only ON payments_ledgerentry;
DROP TRIGGER ledger_transaction_append_only ON payments_ledgertransaction;
DROP FUNCTION payments_books_balance();
DROP FUNCTION payments_books_refuse_change();
"""


class Migration(migrations.Migration):
    """The database itself refuses to rewrite the books, and a transaction that does not balance in each currency."""

    dependencies = [("payments", "0006_books_and_disputes")]

    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
