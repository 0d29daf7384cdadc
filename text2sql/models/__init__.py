"""The model: the plan for a device, loading, and its adapters, on, off or scaled."""
