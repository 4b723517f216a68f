"""Recipes: what decides a clip's pixels; read, checked, merged, compared and written."""
