// Consent: who may see what of a patient's record, for what, and why.
//
// Pure: no I/O, no clock, no randomness; files, facts and the time are handed in. Read in this order:
// Request/AccessRequest.swift (the question), Facts/PatientFacts.swift (what is known),
// Directive/ConsentDirective.swift (what the patient said), Policy/PolicyRule.swift (what the law says),
// Decide/DecisionContext.swift (the answer). docs/consent.md has the precedence table.
