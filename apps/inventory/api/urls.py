from django.urls import path

from apps.inventory.api import views

urlpatterns = [
    path("admin/stock/", views.StockView.as_view(), name="stock"),
    path("admin/stock/<uuid:stock_item_id>/", views.StockItemView.as_view(), name="stock-item"),
    path("admin/stock/<uuid:stock_item_id>/adjust/", views.AdjustView.as_view(), name="stock-adjust"),
    path("admin/stock/<uuid:stock_item_id>/count/", views.CountView.as_view(), name="stock-count"),
    path("admin/stock/<uuid:stock_item_id>/movements/", views.MovementsView.as_view(), name="stock-movements"),
]
