import django.contrib.postgres.constraints
import django.db.models.deletion
import django.db.models.functions.datetime
from django.contrib.postgres.operations import BtreeGistExtension
from django.db import migrations, models

import apps.common.ids

# Both sides look: an offer holds the variant's row still while it compares, so that of an offer and a new regular price
# at the same moment the later one sees the earlier. What is over binds no regular price.
BELOW_PRICE = """
CREATE FUNCTION catalog_offer_below_price() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE regular catalog_productvariant%ROWTYPE;
BEGIN
    SELECT * INTO regular FROM catalog_productvariant WHERE id = NEW.variant_id FOR SHARE;
    IF NEW.price_amount >= regular.price_amount THEN
        RAISE EXCEPTION '%', regular.sku USING ERRCODE = 'check_violation', CONSTRAINT = 'offer_below_price';
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION catalog_price_above_offers() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    IF EXISTS (
        SELECT FROM catalog_offer WHERE variant_id = NEW.id AND price_amount >= NEW.price_amount
        AND (ends_at IS NULL OR ends_at > statement_timestamp())
    ) THEN
        RAISE EXCEPTION '%', NEW.sku USING ERRCODE = 'check_violation', CONSTRAINT = 'offer_below_price';
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER offer_below_price AFTER INSERT OR UPDATE ON catalog_offer
    FOR EACH ROW EXECUTE FUNCTION catalog_offer_below_price();
CREATE TRIGGER offer_below_price AFTER UPDATE ON catalog_productvariant
    FOR EACH ROW WHEN (NEW.price_amount < OLD.price_amount) EXECUTE FUNCTION catalog_price_above_offers();
"""
NO_BELOW_PRICE = """
DROP TRIGGER offer_below_price ON catalog_productvariant;
DROP TRIGGER offer_below_price ON catalog_offer;
DROP FUNCTION catalog_price_above_offers;
DROP FUNCTION catalog_offer_below_price;
"""

# The row of a slug is its owner's for ever; a second taker is refused as if the column itself were unique.
KEEP_SLUGS = """
CREATE FUNCTION catalog_keep_{owner}_slug() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO catalog_{owner}slug (slug, {owner}_id) VALUES (NEW.slug, NEW.id) ON CONFLICT (slug) DO NOTHING;
    IF NOT EXISTS (SELECT FROM catalog_{owner}slug WHERE slug = NEW.slug AND {owner}_id = NEW.id) THEN
        RAISE EXCEPTION '%', NEW.slug USING ERRCODE = 'unique_violation', CONSTRAINT = '{owner}_slug_for_ever';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER keep_slug AFTER INSERT ON catalog_{owner}
    FOR EACH ROW EXECUTE FUNCTION catalog_keep_{owner}_slug();
CREATE TRIGGER keep_changed_slug AFTER UPDATE ON catalog_{owner}
    FOR EACH ROW WHEN (NEW.slug <> OLD.slug) EXECUTE FUNCTION catalog_keep_{owner}_slug();
"""
FORGET_SLUGS = """
DROP TRIGGER keep_changed_slug ON catalog_{owner};
DROP TRIGGER keep_slug ON catalog_{owner};
DROP FUNCTION catalog_keep_{owner}_slug;
"""

# What the public reads' window is looked up from.
WATCH = """
CREATE TRIGGER new_edition AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON {table}
    FOR EACH STATEMENT EXECUTE FUNCTION catalog_shelves_changed()
"""


def keep_slugs(owner: str) -> migrations.RunSQL:
    return migrations.RunSQL(KEEP_SLUGS.format(owner=owner), FORGET_SLUGS.format(owner=owner))


def watch(table: str) -> migrations.RunSQL:
    return migrations.RunSQL(WATCH.format(table=table), f"DROP TRIGGER new_edition ON {table}")


class Migration(migrations.Migration):
    """Offers and windows, which turn by the clock, and slugs that stay. `offer_below_price` and the slugs by triggers."""

    dependencies = [("catalog", "0018_renditions_in_documents")]

    operations = [
        BtreeGistExtension(),
        migrations.CreateModel(
            name="Offer",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
                (
                    "updated_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
                ("public_id", models.UUIDField(default=apps.common.ids.new_id, editable=False, unique=True)),
                ("price_amount", models.DecimalField(decimal_places=4, max_digits=19)),
                ("starts_at", models.DateTimeField()),
                ("ends_at", models.DateTimeField(blank=True, null=True)),
                (
                    "variant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="offers",
                        to="catalog.productvariant",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("price_amount__gte", 0)), name="offer_price_not_negative"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("ends_at", None), ("ends_at__gt", models.F("starts_at")), _connector="OR"
                        ),
                        name="offer_ends_after_it_starts",
                    ),
                    django.contrib.postgres.constraints.ExclusionConstraint(
                        expressions=[
                            ("variant", "="),
                            (models.Func("starts_at", "ends_at", function="tstzrange"), "&&"),
                        ],
                        name="offer_one_at_a_time",
                    ),
                ],
            },
        ),
        migrations.RunSQL(BELOW_PRICE, NO_BELOW_PRICE),
        migrations.AddField(
            model_name="product",
            name="publish_from",
            field=models.DateTimeField(blank=True, help_text="Shoppers do not see it earlier.", null=True),
        ),
        migrations.AddField(
            model_name="product",
            name="publish_until",
            field=models.DateTimeField(blank=True, help_text="From then on shoppers do not see it.", null=True),
        ),
        migrations.AddConstraint(
            model_name="product",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("publish_from", None),
                    ("publish_until", None),
                    ("publish_until__gt", models.F("publish_from")),
                    _connector="OR",
                ),
                name="product_window_ends_after_it_begins",
            ),
        ),
        migrations.CreateModel(
            name="ProductTurn",
            fields=[
                (
                    "product",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="turn",
                        serialize=False,
                        to="catalog.product",
                    ),
                ),
                ("due_at", models.DateTimeField(db_index=True)),
            ],
        ),
        migrations.CreateModel(
            name="ProductSlug",
            fields=[
                ("slug", models.SlugField(max_length=140, primary_key=True, serialize=False)),
                (
                    "product",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="slugs", to="catalog.product"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="CategorySlug",
            fields=[
                ("slug", models.SlugField(max_length=120, primary_key=True, serialize=False)),
                (
                    "category",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="slugs", to="catalog.category"
                    ),
                ),
            ],
        ),
        keep_slugs("product"),
        keep_slugs("category"),
        watch("catalog_offer"),
        watch("catalog_productturn"),
        watch("catalog_categoryslug"),
    ]
