"""What answers: the plan for a device, loading, adapters on, off or scaled, generation."""
