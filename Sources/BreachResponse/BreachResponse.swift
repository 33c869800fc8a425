// BreachResponse: from the first report to the last letter.
//
// Pure: no clock, no file, no network. What it reads is handed in, what it finds is a value.
// - Clocks: which notices are due when, by the rules in `Policies/jurisdictions`.
// - Incident: the state machine; an incident is the fold over its transition records.
// - Assessment: the four factors, risk levels, and decisions with their proofs.
// - Scope: the three sets of design.md section 1 and the certificate that carries them.
// It never sends anything, and it never sees a record's plaintext.
//
// Read first: Clocks/BreachClocks.swift and Scope/ScopeComputation.swift; the run book is
// docs/breach-response.md.
