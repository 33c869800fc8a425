// FHIRModel: what the vault must understand of FHIR R4, without ever changing it.
//
// Promises: no I/O, no clock, no randomness; a record's bytes are read in place and never re-encoded
// (the two changes that are allowed are in ReferenceRewriter); what is malformed, ambiguous or not
// FHIR is refused with its place; nothing here recurses with the depth of its input.
// Read JSON/JSONNode.swift first, then Summary/ResourceSummary.swift, then Bundles/BundleReader.swift.
// The tables and their reasons are in docs/design/fhir-model.md.
