"""The shop's addresses and, under /bench/, the floor's."""

from django.urls import include, path

from bench import floor, floor_writes, signing_in
from config import urls as shop

handler404, handler500 = shop.handler404, shop.handler500

_FLOOR = [
    path("empty/", floor.empty),
    path("list/", floor.product_list),
    path("detail/<slug:slug>/", floor.product_detail),
    path("add/", floor_writes.add_to_cart),
    path("checkout/", floor_writes.check_out),
    path("known/", signing_in.Greeting.as_view()),
    path("anybody/", signing_in.Greeting.as_view()),
    path("hash/", signing_in.hash_once),
]
urlpatterns = [path("bench/", include(_FLOOR)), *shop.urlpatterns]  # one step aside for the shop, two for the floor
