"""Who is who: candidates, comparison, weights, persons, families, quality."""
