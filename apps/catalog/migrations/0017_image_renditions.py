import django.contrib.postgres.fields
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("catalog", "0016_image_positions")]

    operations = [
        migrations.AddField(
            model_name="productimage",
            name="rendition_stem",
            field=models.CharField(blank=True, db_default="", default="", editable=False, max_length=120),
        ),
        migrations.AddField(
            model_name="productimage",
            name="rendition_widths",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.PositiveSmallIntegerField(), blank=True, db_default=[], default=list, editable=False, size=None
            ),
        ),
        migrations.AddIndex(
            model_name="productimage",
            index=models.Index(fields=["file"], name="image_file"),
        ),
        migrations.AddConstraint(
            model_name="productimage",
            constraint=models.UniqueConstraint(
                deferrable=models.Deferrable.DEFERRED, fields=("product", "position"), name="image_position_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="productimage",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("rendition_stem", ""), ("rendition_widths__len", 0)),
                    models.Q(models.Q(("rendition_stem", ""), _negated=True), ("rendition_widths__len__gt", 0)),
                    _connector="OR",
                ),
                name="image_renditions_whole",
            ),
        ),
    ]
