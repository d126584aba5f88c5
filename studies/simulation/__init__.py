"""Simulated participants: in virtual time through the services, or over real HTTP and websockets."""
