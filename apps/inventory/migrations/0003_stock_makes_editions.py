from django.db import migrations

# Figures change when another number of units is free, shelves when there are some or none. Holds end by the clock: one
# that is over and then kept, sold or moved takes units back that readers were shown as free.
FORWARD = """
CREATE FUNCTION inventory_stock_counted() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE is_changed boolean; DECLARE is_turned boolean;
BEGIN
    SELECT bool_or(was.on_hand - was.reserved - was.committed <> now.on_hand - now.reserved - now.committed),
        bool_or((was.on_hand > was.reserved + was.committed) <> (now.on_hand > now.reserved + now.committed))
    INTO is_changed, is_turned FROM old_rows AS was JOIN new_rows AS now USING (id);
    IF is_changed THEN
        PERFORM catalog_new_edition(is_turned);
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION inventory_hold_moved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM old_rows AS was JOIN new_rows AS now USING (id)
        WHERE was.status = 'reserved' AND (
            now.expires_at IS DISTINCT FROM was.expires_at
            OR now.status <> was.status AND was.expires_at < statement_timestamp())
    ) THEN
        PERFORM catalog_new_edition(true);
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER new_edition_of_figures AFTER UPDATE ON inventory_stockitem
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION inventory_stock_counted();
CREATE TRIGGER new_edition AFTER INSERT OR DELETE OR TRUNCATE ON inventory_stockitem
    FOR EACH STATEMENT EXECUTE FUNCTION catalog_shelves_changed();
CREATE TRIGGER new_edition_of_holds AFTER UPDATE ON inventory_reservation
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION inventory_hold_moved();
"""
BACKWARD = """
DROP TRIGGER new_edition_of_holds ON inventory_reservation;
DROP TRIGGER new_edition ON inventory_stockitem;
DROP TRIGGER new_edition_of_figures ON inventory_stockitem;
DROP FUNCTION inventory_hold_moved();
DROP FUNCTION inventory_stock_counted();
"""


class Migration(migrations.Migration):
    dependencies = [("inventory", "0002_one_promise_per_line"), ("catalog", "0007_edition")]

    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
