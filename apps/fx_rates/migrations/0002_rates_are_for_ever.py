from django.db import migrations

FORWARD = """
CREATE FUNCTION fx_rates_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation';
END $$;

CREATE FUNCTION fx_rates_only_end_sooner() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.kind <> 'manual' OR NEW.expires_at IS NULL OR NEW.expires_at > OLD.expires_at
        OR to_jsonb(NEW) - 'expires_at' - 'updated_at' <> to_jsonb(OLD) - 'expires_at' - 'updated_at' THEN
        RAISE EXCEPTION 'a rate never changes; a manual one may only end sooner'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER rate_log_append_only BEFORE UPDATE OR DELETE ON fx_rates_exchangeratelog
    FOR EACH ROW EXECUTE FUNCTION fx_rates_refuse_change();
CREATE TRIGGER rate_never_deleted BEFORE DELETE ON fx_rates_exchangeratesnapshot
    FOR EACH ROW EXECUTE FUNCTION fx_rates_refuse_change();
CREATE TRIGGER rate_only_ends_sooner BEFORE UPDATE ON fx_rates_exchangeratesnapshot
    FOR EACH ROW EXECUTE FUNCTION fx_rates_only_end_sooner();
"""
BACKWARD = """
DROP TRIGGER rate_only_ends_sooner ON fx_rates_exchangeratesnapshot;
DROP TRIGGER rate_never_deleted ON fx_rates_exchangeratesnapshot;
DROP TRIGGER rate_log_append_only ON fx_rates_exchangeratelog;
DROP FUNCTION fx_rates_only_end_sooner();
DROP FUNCTION fx_rates_refuse_change();
"""


class Migration(migrations.Migration):
    """The database itself refuses to rewrite what a rate was or what a source said."""

    dependencies = [("fx_rates", "0001_initial")]

    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
