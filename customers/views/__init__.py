"""The customers' pages in the admin. All of them are `no-store`, all of them ask for the admin's door."""
