"""Payment gateways behind the port of the core: the simulator that ships with HLC, and Stripe."""
