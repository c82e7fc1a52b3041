from django.db import migrations

# The lock is that of a foreign key. Whoever is erased at this moment has a stronger one on his row: the order waits for
# the end of that, and then sees it. An erasure in its turn waits for orders that are on their way, and finds them.
FORWARD = """
CREATE FUNCTION orders_refuse_the_erased() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM accounts_user WHERE id = NEW.customer_id AND erased_at IS NULL FOR KEY SHARE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'order_customer_is_not_erased' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER customer_is_not_erased AFTER INSERT ON orders_order
    FOR EACH ROW WHEN (NEW.customer_id IS NOT NULL) EXECUTE FUNCTION orders_refuse_the_erased();
"""
BACKWARD = """
DROP TRIGGER customer_is_not_erased ON orders_order;
DROP FUNCTION orders_refuse_the_erased();
"""


class Migration(migrations.Migration):
    """An order that was on its way while its customer was erased would know him for ever."""

    dependencies = [("orders", "0009_history_of_arrivals"), ("accounts", "0013_data_rights")]

    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
