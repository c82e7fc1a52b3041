"""Specifications, related products and texts for search engines; names and texts in other languages."""

from urllib.parse import quote

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from apps.catalog import selectors, services
from apps.catalog.exceptions import ProductInvalid
from apps.catalog.models import Attribute, Category, ProductDocument, Tag, TranslatedDocument
from apps.catalog.tests.factories import draft_product, show
from apps.catalog.texts import Texts
from apps.common import audit

pytestmark = pytest.mark.django_db
PT = Texts(name="Espada longa", description="Lâmina azul.", specifications=(("Altura", "13 cm"),))


def get(path, status=200, **headers):
    answer = APIClient(headers=headers).get(f"/api/v1/{path}")
    assert answer.status_code == status, answer.content
    return answer.json()


def update(product, **changes):
    return services.update_product(product_id=product.pk, **changes)


@pytest.fixture(scope="module")
def sword(kept_for_the_module):
    """A product in a category with a tag, said in Portuguese as well, but for what search engines are told."""
    (product,) = show(
        draft_product(
            "sword",
            name="Long sword",
            description="A blue blade.",
            seo_title="Buy a sword",
            specifications=(("Height", "13 cm"), ("Scale", "1/144")),
            categories=frozenset({("Weapons",)}),
            tags=frozenset({"sharp"}),
            translations={"pt": PT},
        )
    )
    services.rename_category(
        category_id=Category.objects.get().pk, name="Weapons", slug="weapons", names={"pt": "Armas"}
    )
    services.rename_tag(tag_id=Tag.objects.get().pk, name="sharp", names={"pt": "afiado"})
    return product


def test_a_page_tells_specifications_in_their_order_and_texts_for_search_engines(sword):
    page = get("products/sword/")

    assert page["specifications"] == [{"label": "Height", "value": "13 cm"}, {"label": "Scale", "value": "1/144"}]
    assert page["seo"] == {"title": "Buy a sword", "description": ""}
    assert not {"specifications", "seo", "related"} & get("products/")["results"][0].keys()


def test_related_products_are_cards_in_the_order_of_the_staff_as_they_are_now(sword):
    show(*(draft_product(slug) for slug in ("shield", "sheath", "helmet")))
    update(sword, related=("sheath", "helmet", "shield"))
    services.archive_product(product_id=ProductDocument.objects.get(slug="helmet").pk)
    update(ProductDocument.objects.get(slug="shield").product, name="Round shield")

    related = get("products/sword/")["related"]

    assert [card["name"] for card in related] == ["Sheath", "Round shield"]
    assert related == [get(f"products/?ordering={order}")["results"][at] for order, at in (("name", 2), ("name", 1))]
    assert get("products/shield/")["related"] == []


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"related": ("nothing",)}, "related"),
        ({"related": ("sword",)}, "related"),
        ({"specifications": (("", "13 cm"),)}, "specifications.0.label"),
        ({"seo_title": "x" * 121}, "seo_title"),
        ({"translations": {"fr": PT}}, "translations.fr"),
        ({"translations": {"en": PT}}, "translations.en"),
        ({"translations": {"pt": Texts(name="x" * 201)}}, "translations.pt.name"),
    ],
)
def test_refuses_what_cannot_be_said_and_changes_nothing(sword, changes, field):
    before = get("products/sword/?language=pt")

    with pytest.raises(ProductInvalid) as refusal:
        update(sword, **changes)

    assert list(refusal.value.errors) == [field]
    assert get("products/sword/?language=pt") == before


def test_a_page_in_another_language_falls_back_field_by_field(sword):
    own, said = get("products/sword/"), get("products/sword/?language=pt-BR")

    assert (said["name"], said["description"]) == ("Espada longa", "Lâmina azul.")
    assert said["specifications"] == [{"label": "Altura", "value": "13 cm"}]
    assert said["categories"] == [{"slug": "weapons", "name": "Armas", "path": [{"slug": "weapons", "name": "Armas"}]}]
    assert said["tags"] == [{"slug": "sharp", "name": "afiado"}]
    translated = {"name", "description", "specifications", "categories", "tags"}
    assert {key: said[key] for key in own if key not in translated} == {
        key: own[key] for key in own if key not in translated
    }
    assert get("products/sword/?language=es") == own == get("products/sword/?language=en")


def test_lists_searches_and_the_first_page_are_told_in_the_language(sword):
    show(draft_product("shield"))
    update(ProductDocument.objects.get(slug="shield").product, related=("sword",))

    assert names(get("products/?language=pt&ordering=name")) == ["Espada longa", "Shield"]
    assert names(get("products/?language=pt&ordering=name&cursor=")) == ["Espada longa", "Shield"]
    assert names(get("products/?language=es&ordering=name")) == ["Long sword", "Shield"]
    assert [card["name"] for card in get("home/?language=pt")["new"]] == ["Shield", "Espada longa"]
    assert get("home/?language=pt")["categories"][0]["name"] == "Armas"
    assert get("products/shield/?language=pt")["related"][0]["name"] == "Espada longa"
    found = get("products/search/?q=espada&language=pt")["results"][0]
    assert found["highlight"]["name"][0] == {"text": "Espada", "is_match": True}
    assert get("products/suggest/?q=espa&language=pt")["products"][0]["name"][0]["text"] == "Espada"
    assert get("categories/?language=pt")[0]["name"] == "Armas"
    assert get("tags/?language=pt")["results"][0]["name"] == "afiado"


def names(page):
    return [card["name"] for card in page["results"]]


@pytest.mark.parametrize("typed", ["espada", "lâmina", "armas", "afiado", "altura", "sword", "blade", "lamina azul"])
def test_a_product_is_found_by_the_words_of_all_its_languages(sword, typed):
    assert names(get(f"products/search/?q={quote(typed)}")) == ["Long sword"]


def test_attributes_and_their_choices_have_names_in_other_languages():
    services.ensure_attribute(
        code="size",
        name="Size",
        kind="choice",
        choices=["L"],
        names={"pt": "Tamanho"},
        choice_names={"pt": {"L": "Grande"}},
    )

    told = {one["code"]: one for one in get("attributes/?language=pt")}["size"]
    assert (told["name"], told["choices"], told["choice_names"]) == ("Tamanho", ["L"], {"L": "Grande"})
    assert {one["code"]: one["name"] for one in get("attributes/")}["size"] == "Size"
    assert Attribute.objects.get(code="size").name == "Size"


def test_a_language_that_the_shop_does_not_know_is_refused():
    assert get("products/?language=fr", 400)["errors"] == {"language": ["Choose from es, en, pt."]}


@pytest.mark.parametrize("path", ["products/?language=pt", "products/sword/?language=pt"])
def test_a_change_of_a_translation_is_in_the_very_next_read(sword, path):
    def said():
        page = get(path)
        return page["results"][0]["name"] if "results" in page else page["name"]

    assert said() == said() == "Espada longa"

    update(sword, translations={"pt": Texts(name="Espada")})
    assert said() == "Espada"

    update(sword, translations={})
    assert said() == "Long sword"


def test_a_change_of_the_product_is_in_every_language(sword):
    update(sword, seo_title="Swords", attributes={"grade": "HG"})

    page = get("products/sword/?language=pt")

    assert (page["seo"]["title"], page["attributes"], page["name"]) == ("Swords", {"grade": "HG"}, "Espada longa")


def test_a_category_that_says_something_translates_products_that_do_not(sword):
    update(sword, translations={})
    assert TranslatedDocument.objects.get().language == "pt"

    services.rename_category(category_id=Category.objects.get().pk, name="Weapons", slug="weapons", names={})
    services.rename_tag(tag_id=Tag.objects.get().pk, name="sharp", names={})

    assert not TranslatedDocument.objects.exists()


def test_a_product_out_of_the_shop_has_no_document_in_any_language(sword):
    services.archive_product(product_id=sword.pk)

    assert not TranslatedDocument.objects.exists()
    assert list(audit.run()) == []


def test_what_a_file_does_not_know_of_stays(sword):
    show(draft_product("sword", name="Sword"))

    assert get("products/sword/")["seo"]["title"] == "Buy a sword"
    assert get("products/sword/?language=pt")["name"] == "Espada longa"


def test_who_translates_nothing_pays_nothing():
    (plain,) = show(draft_product("plain"))

    with CaptureQueriesContext(connection) as captured:
        update(plain, name="Plainer")
        get("products/")

    asked = " ".join(query["sql"] for query in captured if not query["sql"].startswith("SELECT EXISTS"))
    assert 'INSERT INTO "catalog_translateddocument"' not in asked
    assert "DELETE FROM catalog_translateddocument" not in asked
    assert "catalog_translateddocument t" not in asked


def test_another_language_costs_no_statement_more(sword, django_assert_num_queries):
    for path in ("products/?page_size=5", "products/sword/"):
        get(path)
        joint = "&" if "?" in path else "?"
        with django_assert_num_queries(1):
            get(f"{path}{joint}language=pt")


def test_the_audit_tells_of_a_document_without_its_translation_and_of_the_reverse(sword):
    assert list(audit.run()) == []

    TranslatedDocument.objects.update(language="es")
    assert [(finding.invariant.code, len(finding.rows)) for finding in audit.run()] == [("C10", 2)]


def test_its_history_tells_what_was_said(sword):
    update(sword, translations={"pt": Texts(name="Espada")}, specifications=(("Height", "14 cm"),))

    changes = {one.field: (one.before, one.after) for one in selectors.History(sword)[:1][0].changes}

    assert changes["translations.pt.name"] == ("Espada longa", "Espada")
    assert changes["translations.pt.description"] == ("Lâmina azul.", None)
    assert changes["specifications"] == ("Height: 13 cm\nScale: 1/144", "Height: 14 cm")


def test_a_full_list_and_a_page_with_all_it_can_say_are_small():
    words = "Injection moulded runners in four colours, polycap joints, foil seals, a stand and a booklet of".split()
    specifications = tuple((f"{word.title()} {n}", f"{n * 7 % 31} mm {words[n % 7]}") for n, word in enumerate(words))
    drafts = [
        draft_product(
            f"kit-number-{number}",
            name=f"{' '.join(words[number % 9 :][:4]).title()} Ver. {number}",
            description=" ".join(f"{word}{number * place % 17}" for place, word in enumerate(words * 12)),
            attributes={"grade": ("HG", "MG")[number % 2], "series": words[number % 5], "release_year": 1980 + number},
            specifications=specifications,
        )
        for number in range(24)
    ]
    show(*drafts)
    update(ProductDocument.objects.get(slug="kit-number-0").product, related=tuple(d.slug for d in drafts[1:9]))

    packed = {path: APIClient(headers={"accept-encoding": "gzip"}).get(f"/api/v1/{path}") for path in SIZES}

    assert {path: len(answer.content) < SIZES[path] for path, answer in packed.items()} == dict.fromkeys(SIZES, True)
    assert all(answer["Content-Encoding"] == "gzip" for answer in packed.values())


SIZES = {"products/": 12_000, "products/kit-number-0/": 6_000}
