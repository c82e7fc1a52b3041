from apps.bulk.admin.changes import BulkChangeAdmin

__all__ = ["BulkChangeAdmin"]
