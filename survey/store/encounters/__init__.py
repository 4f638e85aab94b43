"""SQL for waves of asking people whom the police met."""
