// FHIRSearch: what a FHIR search means, over resources that somebody else was allowed to open.
//
// Promises: pure; an unknown parameter, modifier or value is said so and never widens a result.
// Never: reads a store, a key or a clock, or decides who may see what.
// A room of its own because neither FHIRModel (what a resource says) nor Vault (who may) needs it, and its
// table of parameters is tested without a vault.
