import apps.common.ids
import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.contrib.postgres.search
import django.db.models.deletion
import django.db.models.functions.datetime
from django.contrib.postgres.operations import UnaccentExtension
from django.db import migrations, models

# Every language has the same words without accents; a word is found as it stands, or as one of the three stems it.
LANGUAGES = """
CREATE TEXT SEARCH CONFIGURATION catalog_plain (COPY = simple);
CREATE TEXT SEARCH CONFIGURATION catalog_es (COPY = spanish);
CREATE TEXT SEARCH CONFIGURATION catalog_en (COPY = english);
CREATE TEXT SEARCH CONFIGURATION catalog_pt (COPY = portuguese);
ALTER TEXT SEARCH CONFIGURATION catalog_plain
    ALTER MAPPING FOR asciiword, word, numword WITH unaccent, simple;
ALTER TEXT SEARCH CONFIGURATION catalog_es ALTER MAPPING FOR asciiword, word, numword WITH unaccent, spanish_stem;
ALTER TEXT SEARCH CONFIGURATION catalog_en ALTER MAPPING FOR asciiword, word, numword WITH unaccent, english_stem;
ALTER TEXT SEARCH CONFIGURATION catalog_pt ALTER MAPPING FOR asciiword, word, numword WITH unaccent, portuguese_stem;

CREATE FUNCTION catalog_vector(words text) RETURNS tsvector LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT to_tsvector('catalog_plain', words) || to_tsvector('catalog_es', words)
        || to_tsvector('catalog_en', words) || to_tsvector('catalog_pt', words)
$$;

CREATE FUNCTION catalog_query(words text) RETURNS tsquery LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT plainto_tsquery('catalog_plain', words) || plainto_tsquery('catalog_es', words)
        || plainto_tsquery('catalog_en', words) || plainto_tsquery('catalog_pt', words)
$$;

-- Whether one of the languages leaves the word out: "de", "the", "para".
CREATE FUNCTION catalog_is_stop_word(word text) RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT ts_lexize('spanish_stem', word) = '{}' OR ts_lexize('english_stem', word) = '{}'
        OR ts_lexize('portuguese_stem', word) = '{}'
$$;
"""
# What finds something when it is asked strictly, is asked strictly.
CHOICE = """
CREATE FUNCTION catalog_either(strict tsquery, loose tsquery) RETURNS tsquery LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN EXISTS (SELECT FROM catalog_searchtext WHERE vector @@ strict) THEN strict ELSE loose END
$$;
"""
NO_LANGUAGES = """
DROP FUNCTION catalog_is_stop_word;
DROP FUNCTION catalog_query;
DROP FUNCTION catalog_vector;
DROP TEXT SEARCH CONFIGURATION catalog_pt;
DROP TEXT SEARCH CONFIGURATION catalog_en;
DROP TEXT SEARCH CONFIGURATION catalog_es;
DROP TEXT SEARCH CONFIGURATION catalog_plain;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('catalog', '0011_ratings'),
    ]

    operations = [
        UnaccentExtension(),
        migrations.RunSQL(LANGUAGES, NO_LANGUAGES),
        migrations.CreateModel(
            name='Search',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.UUIDField(default=apps.common.ids.new_id, editable=False, unique=True)),
                ('term', models.CharField(max_length=100)),
                ('page', models.PositiveIntegerField()),
                ('hits', models.PositiveIntegerField()),
                ('is_partial', models.BooleanField(help_text='No product has all of the words.')),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), db_index=True)),
            ],
            options={
                'verbose_name_plural': 'searches',
            },
        ),
        migrations.CreateModel(
            name='SearchSynonym',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('terms', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=60), help_text='Separated by commas, such as: alicate, cortante, nipper', size=None)),
            ],
            options={
                'indexes': [django.contrib.postgres.indexes.GinIndex(fields=['terms'], name='search_synonym_terms')],
            },
        ),
        migrations.CreateModel(
            name='SearchText',
            fields=[
                ('document', models.OneToOneField(db_column='product_id', on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='search_text', serialize=False, to='catalog.productdocument')),
                ('name', models.TextField()),
                ('codes', django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), size=None)),
                ('vector', django.contrib.postgres.search.SearchVectorField()),
            ],
            options={
                'indexes': [django.contrib.postgres.indexes.GinIndex(fields=['vector'], name='search_vector'), django.contrib.postgres.indexes.GinIndex(fields=['codes'], name='search_codes')],
            },
        ),
        migrations.CreateModel(
            name='SearchWord',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('word', models.TextField()),
            ],
            options={
                'indexes': [models.Index(fields=['word'], name='search_word'), django.contrib.postgres.indexes.GinIndex(django.contrib.postgres.indexes.OpClass('word', name='gin_trgm_ops'), name='search_word_trigrams')],
            },
        ),
        migrations.RunSQL(CHOICE, "DROP FUNCTION catalog_either"),
        migrations.CreateModel(
            name='SearchAction',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('opened', 'Opened'), ('put_in_cart', 'Put In Cart')], max_length=12)),
                ('product', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='catalog.product')),
                ('search', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='actions', to='catalog.search')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('search', 'product', 'kind'), name='search_action_once'), models.CheckConstraint(condition=models.Q(('kind__in', ['opened', 'put_in_cart'])), name='search_action_kind_known')],
            },
        ),
    ]
