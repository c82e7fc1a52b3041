from django.db import migrations, models


class Migration(migrations.Migration):
    """Processes that began before 0022 go on writing until they are restarted, and name none of its columns."""

    dependencies = [("catalog", "0024_synonyms_make_editions")]

    operations = [
        migrations.AlterField(
            model_name='attribute',
            name='choice_names',
            field=models.JSONField(blank=True, db_default={}, default=dict, help_text='By language, and in it by choice.'),
        ),
        migrations.AlterField(
            model_name='attribute',
            name='names',
            field=models.JSONField(blank=True, db_default={}, default=dict, help_text='In other languages, by their codes.'),
        ),
        migrations.AlterField(
            model_name='category',
            name='names',
            field=models.JSONField(blank=True, db_default={}, default=dict, help_text='In other languages, by their codes.'),
        ),
        migrations.AlterField(
            model_name='categoryevent',
            name='names',
            field=models.JSONField(blank=True, db_default={}, default=dict, help_text='In other languages, by their codes.'),
        ),
        migrations.AlterField(
            model_name='product',
            name='seo_description',
            field=models.CharField(blank=True, db_default='', default='', max_length=320, verbose_name='description for search engines'),
        ),
        migrations.AlterField(
            model_name='product',
            name='seo_title',
            field=models.CharField(blank=True, db_default='', default='', max_length=120, verbose_name='title for search engines'),
        ),
        migrations.AlterField(
            model_name='product',
            name='specifications',
            field=models.JSONField(blank=True, db_default=[], default=list, help_text='Labels with values, in their order.'),
        ),
        migrations.AlterField(
            model_name='product',
            name='translations',
            field=models.JSONField(blank=True, db_default={}, default=dict, help_text='See `apps.catalog.texts.as_kept`.'),
        ),
        migrations.AlterField(
            model_name='productevent',
            name='seo_description',
            field=models.CharField(blank=True, db_default='', default='', max_length=320, verbose_name='description for search engines'),
        ),
        migrations.AlterField(
            model_name='productevent',
            name='seo_title',
            field=models.CharField(blank=True, db_default='', default='', max_length=120, verbose_name='title for search engines'),
        ),
        migrations.AlterField(
            model_name='productevent',
            name='specifications',
            field=models.JSONField(blank=True, db_default=[], default=list, help_text='Labels with values, in their order.'),
        ),
        migrations.AlterField(
            model_name='productevent',
            name='translations',
            field=models.JSONField(blank=True, db_default={}, default=dict, help_text='See `apps.catalog.texts.as_kept`.'),
        ),
        migrations.AlterField(
            model_name='tag',
            name='names',
            field=models.JSONField(blank=True, db_default={}, default=dict, help_text='In other languages, by their codes.'),
        ),
    ]
