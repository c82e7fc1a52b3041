from django.db import migrations

FORWARD = """
CREATE TRIGGER pago_movil_claim_event_append_only BEFORE UPDATE OR DELETE ON payments_pagomovilclaimevent
    FOR EACH ROW EXECUTE FUNCTION payments_books_refuse_change();
"""
BACKWARD = "DROP TRIGGER pago_movil_claim_event_append_only ON payments_pagomovilclaimevent;"


class Migration(migrations.Migration):
    """Who decided what about somebody's money is never rewritten."""

    dependencies = [("payments", "0013_pago_movil")]

    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
