// VaultServer: FHIR R4 and SMART over HTTP, in front of `VaultService`.
//
// Promises: no answer without a decision of the Guard; what leaves stands in a durable entry first; hidden
// and absent look alike; every error is an OperationOutcome. Never: decides, holds a key longer than the
// Guard's grant, or writes a query, a body or a name into a log line.
// Read HTTP/HTTPService.swift first (what a request and a reply are), then HTTP/HTTPListener.swift, the
// only place that knows the network.
