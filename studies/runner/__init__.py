"""What runs in a server's event loop beside its requests: replies being written, their readers, the sweep."""
