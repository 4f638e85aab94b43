"""Changes over time: before and after a day, one-step forecasts, boroughs that started."""
