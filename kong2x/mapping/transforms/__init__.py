"""Pure functions for what a table cannot say: one module an area, found by `via: module.function`."""
