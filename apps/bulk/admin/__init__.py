from apps.bulk.admin.changes import BulkChangeAdmin
from apps.bulk.admin.files import ProductImportAdmin

__all__ = ["BulkChangeAdmin", "ProductImportAdmin"]
