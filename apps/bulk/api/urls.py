from django.urls import path

from apps.bulk.api import files, views

urlpatterns = [
    path("product-files/", files.ProductFilesView.as_view(), name="product-files"),
    path("product-imports/<uuid:product_import_id>/", files.ProductImportView.as_view(), name="product-import"),
    path(
        "product-imports/<uuid:product_import_id>/import/", files.MakeImportView.as_view(), name="product-import-make"
    ),
    path("bulk-changes/", views.BulkChangesView.as_view(), name="bulk-changes"),
    path("bulk-changes/from-file/", views.FromFileView.as_view(), name="bulk-change-from-file"),
    path("bulk-changes/<uuid:bulk_change_id>/", views.BulkChangeView.as_view(), name="bulk-change"),
    path("bulk-changes/<uuid:bulk_change_id>/rows/", views.RowsView.as_view(), name="bulk-change-rows"),
    path("bulk-changes/<uuid:bulk_change_id>/apply/", views.ApplyView.as_view(), name="bulk-change-apply"),
    path("bulk-changes/<uuid:bulk_change_id>/undo/", views.UndoView.as_view(), name="bulk-change-undo"),
]
