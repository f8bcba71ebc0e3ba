"""Tools that make the course's files and check them. Readers and students need none of them."""
