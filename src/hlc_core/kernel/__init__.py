"""Values that every context speaks in: ids, money, time, refusals, events, commands, machines."""
