"""SQL for rounds of asking people whom the police met."""
