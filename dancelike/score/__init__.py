"""Headless scoring: two recorded clips in, a score out."""
