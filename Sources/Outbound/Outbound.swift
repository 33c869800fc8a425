// Outbound: one HTTP request to somebody else's host, on behalf of a registration.
//
// Promises: the connection goes to the very address that was looked up and checked, so that a name which means
// something else a moment later changes nothing; TLS is checked by the host's name; no redirect is followed; an answer
// is neither longer nor later than was said before. Never: decides whether somebody may be asked.
