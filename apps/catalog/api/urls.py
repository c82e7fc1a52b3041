from django.urls import path

from apps.catalog.api import search, views

urlpatterns = [
    path("products/", views.ProductListView.as_view(), name="products"),
    path("products/search/", search.SearchView.as_view(), name="product-search"),
    path("products/search/actions/", search.SearchActionView.as_view(), name="product-search-actions"),
    path("products/suggest/", search.SuggestView.as_view(), name="product-suggest"),
    path("products/<slug:name>/", views.ProductDetailView.as_view(), name="product"),
    path("home/", views.HomeView.as_view(), name="home"),
    path("categories/", views.CategoryTreeView.as_view(), name="categories"),
    path("tags/", views.TagListView.as_view(), name="tags"),
    path("attributes/", views.AttributeListView.as_view(), name="attributes"),
]
