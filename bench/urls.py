"""The shop's addresses and, under /bench/, the floor's."""

from django.urls import path

from bench import floor, floor_writes, signing_in
from config import urls as shop

handler404, handler500 = shop.handler404, shop.handler500

urlpatterns = [
    path("bench/empty/", floor.empty),
    path("bench/list/", floor.product_list),
    path("bench/detail/<slug:slug>/", floor.product_detail),
    path("bench/add/", floor_writes.add_to_cart),
    path("bench/checkout/", floor_writes.check_out),
    path("bench/known/", signing_in.Greeting.as_view()),
    path("bench/anybody/", signing_in.Greeting.as_view()),
    path("bench/hash/", signing_in.hash_once),
    *shop.urlpatterns,
]
