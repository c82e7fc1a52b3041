import factory

from apps.accounts.tests.factories import UserFactory
from apps.catalog.models import ProductDocument
from apps.catalog.tests.factories import ProductVariantFactory
from apps.inventory.models import StockItem
from apps.inventory.tests.factories import StockItemFactory
from apps.orders.tests.placing import pay_in_full, place
from apps.reviews import services
from apps.reviews.models import Review


class ReviewFactory(factory.Factory):
    """A buyer's review that staff have not looked at, written as the shop writes them."""

    class Meta:
        model = Review

    author = factory.SubFactory(UserFactory)
    product = factory.LazyFunction(lambda: ProductVariantFactory().product)
    rating = 4

    @classmethod
    def _create(cls, model_class, *args, author, product, **fields):
        sell(product, author)
        return services.write_review(author=author, product_id=product.pk, **fields)


def sell(product, buyer):
    """An order that the buyer has placed and paid."""
    variant = product.variants.get()
    item = StockItem.objects.filter(variant=variant).first() or StockItemFactory(variant=variant, on_hand=50)
    pay_in_full(order_id=place(item, customer_id=buyer.pk).pk)


def approved(**fields):
    return services.approve_review(review=ReviewFactory(**fields))


def shown_of(product):
    """The rating in a product's list entry and page, and the column that orders lists."""
    document = ProductDocument.objects.get(product=product)
    assert document.detail["rating"] == document.card["rating"]
    return document.card["rating"], list(document.detail["rating_histogram"].values()), document.rating
