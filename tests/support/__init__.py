"""What tests share: servers and helpers that know nothing of the product's insides."""
