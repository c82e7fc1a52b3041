from django.urls import path

from apps.catalog.api import history, images, search, shelves, staff, views

urlpatterns = [
    path("products/", staff.ProductsView.as_view(), name="products"),
    path("products/search/", search.SearchView.as_view(), name="product-search"),
    path("products/search/actions/", search.SearchActionView.as_view(), name="product-search-actions"),
    path("products/suggest/", search.SuggestView.as_view(), name="product-suggest"),
    path("products/<slug:name>/", staff.ProductView.as_view(), name="product"),
    path("products/<slug:name>/restore/", staff.RestoreView.as_view(), name="product-restore"),
    path("admin/products/", staff.KeptProductsView.as_view(), name="kept-products"),
    path("admin/products/<slug:name>/", staff.KeptProductView.as_view(), name="kept-product"),
    path("products/<slug:name>/price-history/", history.PriceHistoryView.as_view(), name="product-prices"),
    path("products/<slug:name>/history/", history.ProductHistoryView.as_view(), name="product-history"),
    path("products/<slug:name>/images/", images.ImagesView.as_view(), name="product-images"),
    path("products/<slug:name>/images/order/", images.ImageOrderView.as_view(), name="product-image-order"),
    path("products/<slug:name>/images/<uuid:image_id>/", images.ImageView.as_view(), name="product-image"),
    path("home/", views.HomeView.as_view(), name="home"),
    path("categories/", shelves.CategoriesView.as_view(), name="categories"),
    path("categories/<slug:category>/", shelves.CategoryView.as_view(), name="category"),
    path("tags/", shelves.TagsView.as_view(), name="tags"),
    path("tags/<slug:tag>/", shelves.TagView.as_view(), name="tag"),
    path("attributes/", views.AttributeListView.as_view(), name="attributes"),
]
