"""A small shop in which somebody owns one of everything, and all who might want it: for the tables of this folder.

It is built once for all tests of the folder, in a transaction that is never committed; each call is undone after its
answer.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple
from uuid import uuid4

from django.conf import settings
from django.contrib.auth.models import Group
from django.db import transaction
from django.test import override_settings
from django.utils import timezone
from PIL import Image
from rest_framework.test import APIClient

from apps.accounts import providers as account_providers
from apps.accounts import services as accounts
from apps.accounts.models import ConsentSource, Marketing, StepUpPurpose, User, UserSession
from apps.accounts.tests.factories import UserFactory
from apps.accounts.tests.google import CLIENT_ID, serving
from apps.accounts.tests.signing_in import LAPTOP, client_with, sign_in, step_up
from apps.bulk import services as bulk
from apps.bulk.foreign import Look
from apps.bulk.models import Method, Target
from apps.bulk.rules import Rule
from apps.bulk.services import Selection
from apps.cart.tests.factories import CartFactory, CartItemFactory
from apps.catalog import services as catalog_services
from apps.catalog.models import Category, Tag
from apps.common.money import Money
from apps.fx_rates.tests.factories import AlertFactory, ManualRateFactory
from apps.inventory.tests.factories import StockItemFactory
from apps.operations import roles
from apps.orders import selectors as order_selectors
from apps.orders import services as order_services
from apps.orders.models import Order
from apps.orders.tests.factories import ADDRESS
from apps.payments import services as payments
from apps.payments.models import Payment, SavedMethod, StatementLayout, TransferProof
from apps.payments.providers import get_provider
from apps.payments.tests import mobile_payments
from apps.payments.tests.paying import work
from apps.reviews import services as reviews
from apps.shipping.tests.factories import ShippingMethodFactory, TaxRateFactory
from apps.stores import services as store_services
from apps.stores.models import StoreMember, StoreRole
from apps.stores.tests.factories import StoreFactory
from apps.wishlists import services as wishlists
from apps.wishlists.models import AlertKind

GUEST, HOLDER, OWNER, BOSS = "guest", "holder", "owner", "boss"
# A member works in the store that sells, a rival in another one; a former colleague was left in all of his groups.
CUSTOMERS = [OWNER, "stranger", "member", "rival", "former"]
STAFF = ["clerk", *roles.ROLES, BOSS]  # the clerk has no role, the boss is a superuser
CALLERS = [GUEST, HOLDER, *CUSTOMERS, *STAFF]
USD_13_60 = Money(Decimal("13.60"), "USD")


def picture(name: str = "picture.png") -> BytesIO:
    file = BytesIO()
    Image.new("RGB", (40, 30), "red").save(file, "PNG")
    file.seek(0)
    file.name = name
    return file


class Answer(NamedTuple):
    status: int
    content: bytes


_USUAL: Mapping[str, str] = {}


def _fields(path: str, at: Mapping[str, str]) -> dict[str, str]:
    """The fields of a path, and the thing that fills each: of the same name, or the one that `at` names instead."""
    return {name: at.get(name, name) for name in re.findall(r"\{(\w+)\}", path)}


@dataclass
class World:
    """`names` fills the fields of addresses; `orders` tells whose token opens the thing of that name."""

    people: dict[str, User]
    google: Any
    tokens: dict[str, accounts.Tokens] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    orders: dict[str, Order] = field(default_factory=dict)

    @property
    def owner(self) -> User:
        return self.people[OWNER]

    def fill(self, path: str, at: Mapping[str, str]) -> str:
        for name, thing in _fields(path, at).items():
            path = path.replace(f"{{{name}}}", self.names[thing])
        return path

    def call(
        self,
        caller: str,
        route: str,
        *,
        at: Mapping[str, str] = _USUAL,
        token_of: str = "",
        purpose: str = "",
        **sent: Any,
    ) -> Answer:
        """What the caller gets at the route, in whose address the owner's things stand."""
        method, path = route.split(" ")
        tokens = self.tokens.get(caller)
        client = client_with(tokens.access) if tokens else APIClient()
        if tokens and purpose:
            client = step_up(self.people[caller], tokens, purpose)
        headers = {"Idempotency-Key": uuid4().hex, "If-Match": "*"}
        opened = [self.orders[name] for name in (token_of, *_fields(path, at).values()) if name in self.orders]
        if caller == HOLDER and opened:
            headers["X-Order-Token"] = order_selectors.guest_token(opened[0])
        response = getattr(client, method.lower())(self.fill(path, at), headers=headers, **sent)
        content = b"".join(response) if response.streaming else response.content
        return Answer(response.status_code, content)

    def keep(self, name: str, value: object, order: Order | None = None) -> None:
        self.names[name] = str(value)
        if order is not None:
            self.orders[name] = order


@contextmanager
def undone() -> Iterator[None]:
    """What happens within never happened."""
    block = transaction.atomic()
    block._from_testcase = True  # Django's own mark: a durable block may stand inside, as in its own TestCase
    with block:
        yield
        transaction.set_rollback(True)


@contextmanager
def a_world(stripe: Any, folder: Path) -> Iterator[World]:
    with ExitStack() as stack:
        google = stack.enter_context(serving())
        stack.enter_context(override_settings(**_settings(stripe, google, folder)))
        stack.callback(account_providers._google.cache_clear)
        stack.callback(lambda: account_providers.google()._http.close())
        stack.enter_context(undone())
        world = World(people=_people(), google=google)
        world.tokens = {name: sign_in(person) for name, person in world.people.items()}
        of_the_owner = (_own_things, _transfers, _reviews, _wishes, _mobile_payments)
        for furnish in (_shelves, _stores, *of_the_owner, _rates, _newcomers):
            furnish(world)
        # a session notes once a minute that it is used: in some request or other of these, were it not for this
        UserSession.objects.update(last_activity_at=timezone.now() + timedelta(hours=1))
        yield world


def _settings(stripe: Any, google: Any, folder: Path) -> dict[str, Any]:
    private = {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": str(folder)}}
    return {
        "STRIPE_API_BASE": stripe.stripe_base,
        "PROVIDER_TIMEOUTS": (1.0, 1.0),
        "PAGO_MOVIL": True,
        "STORES_BY_CUSTOMERS": True,
        "FX_SOURCES": ["bcv"],  # several are asked at once, and answer in any order
        "GOOGLE_CLIENT_IDS": [CLIENT_ID],
        "GOOGLE_CERTS_URL": google.url,
        "MEDIA_ROOT": str(folder),
        "STORAGES": settings.STORAGES | {"private": private},
    }


def _people() -> dict[str, User]:
    roles.ensure_roles()
    people = {name: UserFactory(email=f"{name}@example.test", email_verified_at=timezone.now()) for name in CUSTOMERS}
    for name in STAFF:
        people[name] = UserFactory(email=f"{name.lower()}@example.test", is_staff=True, is_superuser=name == BOSS)
        if name in roles.ROLES:
            people[name].groups.add(Group.objects.get(name=name))
    people["former"].groups.set(Group.objects.all())
    for store, name in ((StoreFactory(), "member"), (StoreFactory(slug="rival"), "rival")):
        StoreMember.objects.create(store=store, user=people[name], role=StoreRole.OWNER)
    return people


def _stores(world: World) -> None:
    """The member owns the shop together with a colleague; the rival's store wants the owner of everything else."""
    shop, rival = (world.people[name].store_memberships.get().store for name in ("member", "rival"))
    colleague = StoreMember.objects.create(store=shop, user=UserFactory(), role=StoreRole.OWNER)
    world.keep("slug", shop.slug)
    world.keep("member_id", colleague.public_id)
    for name, store, email in (("invitation_id", shop, "x@example.test"), ("my invitation", rival, world.owner.email)):
        invitation = store_services.invite_member(store=store, email=email, role=StoreRole.CLERK)
        world.keep(name, invitation.public_id)


def _shelves(world: World) -> None:
    ShippingMethodFactory()
    TaxRateFactory()
    item = CartItemFactory(cart=CartFactory(user=world.owner), variant=StockItemFactory().variant)
    world.keep("item_id", item.public_id)
    world.keep("variant", item.variant.public_id)
    world.keep("name", item.variant.product.slug)
    world.keep("sku", item.variant.sku)
    world.keep("stock_item_id", item.variant.stock_items.get().public_id)
    for name in ("applied bulk change", "bulk_change_id"):
        change = bulk.preview_change(
            store=item.variant.product.store,
            rule=Rule(Target.PRICE, Method.ADD, Decimal(1)),
            selection=Selection(),
            actor_id=world.people[BOSS].pk,
        )
        world.keep(name, change.public_id)
        if name != "bulk_change_id":
            bulk.apply_change(change_id=change.pk, actor_id=world.people[BOSS].pk)
            bulk.work_on(change_id=change.pk)
    looked_at = bulk.begin_import(
        store=item.variant.product.store,
        file_name="products.csv",
        content=b"handle,name,product_type,sku,price_usd\nnew,New,model-kit,NEW-1,19.00\n",
        kind="csv",
        look=Look(""),
        is_dry_run=True,
        actor_id=world.people[BOSS].pk,
    )
    bulk.run_imports()
    world.keep("product_import_id", looked_at.public_id)
    world.keep("category", Category.objects.add_root({"slug": "kits", "name": "Kits"}).slug)
    world.keep("tag", Tag.objects.create(slug="new", name="New").slug)
    new = catalog_services.NewImage(product_id=item.variant.product_id, file=picture())
    world.keep("image_id", catalog_services.add_images(images=[new])[0].public_id)


def _own_things(world: World) -> None:
    address = accounts.add_address(user=world.owner, **ADDRESS)
    world.keep("address_id", address.public_id)
    sign_in(world.owner, LAPTOP)
    world.keep("session_id", UserSession.objects.get(user=world.owner, user_agent=LAPTOP).public_id)
    world.keep("customer_id", world.owner.public_id)
    session = UserSession.objects.filter(user=world.owner).earliest("pk")
    code = accounts.request_code(
        user=world.owner, session_id=session.public_id, purpose=StepUpPurpose.CHANGE_PASSWORD, device=accounts.Device()
    )
    world.keep("code", accounts.code_to_send(code))
    export = accounts.request_export(user=world.owner, device=accounts.Device())
    accounts.make_export(export_id=export.pk)
    world.keep("export_token", accounts.export_token(export))
    accounts.choose_marketing(user=world.owner, kinds=[Marketing.REVIEWS], source=ConsentSource.PREFERENCES)
    world.keep("unsubscribe_token", accounts.unsubscribe_token(world.owner.consents.get()))
    methods, client = "/api/v1/payments/saved-methods/", client_with(world.tokens[OWNER].access)
    for name, card in (("method_id", "pm_card_visa"), ("unwanted card", "pm_card_amex")):
        intent = client.post(methods, {}, format="json").json()["next_action"]["setup_intent"]
        get_provider("stripe").client.v1.setup_intents.confirm(intent, {"payment_method": card})
        client.post(f"{methods}refresh/", {}, format="json")
        world.keep(name, SavedMethod.objects.latest("pk").public_id)


def _transfers(world: World) -> None:
    """One that waits with a proof, one that has arrived, one that is to be given back, one whose parcel has left."""
    for name in ("open", "paid", "repaid", "shipped"):
        order = mobile_payments.open_order(customer_id=world.owner.pk)
        payment = _begin(order, "bank_transfer")
        world.keep(f"{name} order", order.number, order)
        world.keep(f"{name} payment", payment.public_id, order)
        if name == "open":
            proof = TransferProof.objects.create(payment=payment, bank_reference="0001")
            proof.picture.save("proof.webp", picture())
            world.keep("proof_id", proof.public_id, order)
            continue
        payments.confirm_manual_payment(payment_id=payment.pk, staff_user=world.people[BOSS], amount=USD_13_60)
        if name == "paid":
            world.keep("line", order.lines.get().public_id)
        if name == "repaid":
            refund = payments.request_refund(payment_id=payment.pk, amount=None, reason="broken", actor="shop")
            world.keep("refund_id", refund.public_id, order)
            work()
        if name == "shipped":
            order_services.ship_order(order_id=order.pk, actor="shop")
    world.keep("number", world.names["open order"], world.orders["open order"])
    world.keep("payment_id", world.names["open payment"], world.orders["open order"])


def _reviews(world: World) -> None:
    """The owner has bought two products, and reviewed one of them."""
    new, reviewed = (world.orders[f"{name} order"].lines.get().variant.product for name in ("paid", "shipped"))
    world.keep("bought product", new.slug)
    review = reviews.write_review(author=world.owner, product_id=reviewed.pk, rating=4, comment="Fits well")
    reviews.approve_review(review=review)
    world.keep("review_id", review.public_id)


def _wishes(world: World) -> None:
    wishlist = wishlists.create_wishlist(owner=world.owner, name="Later")
    product = world.orders["shipped order"].lines.get().variant.product
    item = wishlists.add_item(wishlist_id=wishlist.pk, product_id=product.pk, note="For Bo")
    share, token = wishlists.share_wishlist(wishlist_id=wishlist.pk)
    alert = wishlists.ask_for_alert(user=world.owner, kind=AlertKind.PRICE_DROP, product_id=product.pk)
    for name, thing in (("wishlist", wishlist), ("wish", item), ("share", share), ("price_alert", alert)):
        world.keep(f"{name}_id", thing.public_id)
    world.keep("share_token", token)
    world.keep("end_token", wishlists.alert_token(alert))


def _begin(order: Order, provider: str) -> Payment:
    payment = payments.open_payment(order=order, provider=provider)
    payments.start_payment(payment_id=payment.pk)
    return Payment.objects.get(pk=payment.pk)


def _mobile_payments(world: World) -> None:
    mobile_payments.make_rate()
    recipient = mobile_payments.make_recipient()
    for name in ("told", "untold"):
        order = mobile_payments.open_order(customer_id=world.owner.pk)
        payment = mobile_payments.begin(order)
        world.keep(f"{name} payment", payment.public_id, order)
    told = Payment.objects.get(public_id=world.names["told payment"])
    claim = mobile_payments.report(told, proof=picture().read())
    world.keep("claim_id", claim.public_id, world.orders["told payment"])
    world.keep("recipient", recipient.public_id)
    columns = {"date_column": "Fecha", "reference_column": "Referencia", "amount_column": "Monto"}
    world.keep("layout", StatementLayout.objects.create(name="Test", **columns).pk)


def _rates(world: World) -> None:
    ManualRateFactory()
    world.keep("alert_id", AlertFactory().public_id)


def _newcomers(world: World) -> None:
    newcomer = UserFactory(email="newcomer@example.test", is_active=False)
    world.keep("token", accounts.issue_verification(user=newcomer, request_key="verify"))
    world.keep("reset", accounts.issue_reset(user=world.owner, request_key="reset", address=""))
    moved = {"email": "moved@example.test", "request_key": "move", "address": ""}
    world.keep("move", accounts.issue_email_change(user=world.owner, **moved))
    locked = UserFactory(email="locked@example.test", email_verified_at=timezone.now())
    world.keep("locked", accounts.lock_user(user=locked).public_id)
